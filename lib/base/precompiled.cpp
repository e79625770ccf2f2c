// Nothing but the place where lib/base/precompiled.h is compiled.
#include "lib/base/precompiled.h"

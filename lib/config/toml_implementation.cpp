// The TOML library itself, compiled once (CMakeLists.txt of this folder sets TOML_IMPLEMENTATION for this file).
#include "lib/config/toml_library.h"

// A name of a file that may not be changed (immutable, append-only) is taken away all the same: with its last name its protection would go, too. The file is
// without its flags for that moment only, where it has others.
#pragma once

#include <functional>
#include <string>

namespace sparekeep::agent {

// Calls act() while the file at `name` is not protected. false with errno, of act() where that fails, and with EPERM where no file stands there. Several
// threads may be at names of one file.
bool despite_protection(int folder, const std::string& name, const std::function<bool()>& act);

}  // namespace sparekeep::agent

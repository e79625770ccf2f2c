// The schema of the catalogue: migration i leads from version i to i + 1. Once released, none is ever edited.
#pragma once

#include <string>
#include <vector>

namespace sparekeep::central {

std::vector<std::string> catalogue_migrations();

// Tables beside it, made where they are not there, at every start: programs of the version that know nothing of them go on working with the file,
// and lose nothing that they hold.
std::string catalogue_additions();

}  // namespace sparekeep::central

// The schema of the catalogue: migration i leads from version i to i + 1. Once released, none is ever edited.
#pragma once

#include <string>
#include <vector>

namespace sparekeep::central {

std::vector<std::string> catalogue_migrations();

}  // namespace sparekeep::central

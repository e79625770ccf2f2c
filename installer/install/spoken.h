// What was found out about a host and what is to be done, in words: of its tasks, and of -vv.
#pragma once

#include "installer/install/plan.h"

namespace sparekeep::central {

// Empty: nothing changes.
std::string release_of(const Plan& plan, const std::string& before);     // "release 0.1.0-b after 0.1.0-a": also where nothing changes
std::string program_names(const std::vector<Service>& services);
std::string users_and_folders_of(const Plan& plan);
std::string settings_of(const Plan& plan);
std::string units_of(const Plan& plan);

// How what stands there becomes `file`, line by line, as --diff shows it. Whoever is root there could have put a link to a key in its place, or the
// key itself: the text of what is no plain file with that mode and owner, or holds something else than configuration, is not in it.
std::string difference_of(const std::string& host, const HostFacts& facts, const DesiredFile& file, Supervision supervision);

std::string facts_text(const Host& host, const HostFacts& facts, Time now);
std::string plan_text(const Plan& plan, const Host& host, const HostFacts& facts);

}  // namespace sparekeep::central

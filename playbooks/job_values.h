// Values that only playbooks have: redundancy, retention, hooks, schedules.
#pragma once

#include "lib/config/key_table.h"
#include "playbooks/jobs.h"

namespace sparekeep {

ValueType<Layout> redundancy_value();
ValueType<Retain> retain_value();
ValueType<Privileges> privileges_value();
ValueType<Hook> hook_value();
ValueType<std::vector<CommandSource>> command_list();         // each of another name
ValueType<RestoreFrom> from_value();
ValueType<Schedule> schedule_value();
ValueType<std::string> compression_value();
ValueType<std::string> glob_value();
ValueType<std::string> tag_name();                           // of a file whose presence says something
ValueType<uint64_t> size_above_zero();
ValueType<std::string> plain_name(const std::string& what);  // as inventory/names.h says

}  // namespace sparekeep

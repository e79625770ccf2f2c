// Extended attributes and POSIX ACLs of an open file of any kind, by the kernel's own calls. Values are bytes as the kernel gives them.
// `fd` is open for reading, or O_PATH (then the calls go by /proc/self/fd).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace sparekeep {

using Attributes = std::map<std::string, Bytes>;

// All that this process may see; of the kernel's own ones (system.*) only POSIX ACLs. What can not be read is named in `problems`.
Attributes read_attributes(int fd, std::vector<std::string>& problems);

// Makes the file's attributes those wanted: sets what differs, removes the rest, each failure named in `warnings`. false: nothing differed.
bool write_attributes(int fd, const Attributes& wanted, std::vector<std::string>& warnings);

// Is it a label that a machine's security policy puts on files by itself (SELinux, IMA, EVM)? It is set where a snapshot has it, but
// never removed and no difference where it has not.
bool is_machine_label(std::string_view name);

}  // namespace sparekeep

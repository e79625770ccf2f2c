#include "agent/restore/entry_difference.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "lib/archive/attributes.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

bool is_compared(std::string_view name, bool privileged) {
  return privileged || (!name.starts_with("trusted.") && !name.starts_with("security."));
}

// Those of `some` that are no machine label and not the same in `others`.
bool has_other(const Attributes& some, const Attributes& others, bool privileged, bool labels) {
  return std::any_of(some.begin(), some.end(), [&](const auto& attribute) {
    const auto& [name, value] = attribute;
    if (!is_compared(name, privileged) || (!labels && is_machine_label(name))) return false;
    const auto other = others.find(name);
    return other == others.end() || other->second != value;
  });
}

bool same_nature(const FileEntry& standing, const FileEntry& wanted) {
  return standing.kind == wanted.kind && standing.link_target == wanted.link_target && standing.device_major == wanted.device_major &&
         standing.device_minor == wanted.device_minor;
}

bool same_mode(const FileEntry& standing, const FileEntry& wanted, Owner owner) {
  if (wanted.kind == FileKind::symlink) return true;  // symlinks have none
  return standing.mode == mode_for_owner(wanted, owner, {standing.uid, standing.gid});
}

}  // namespace

EntryDifference compare_entry(const FileEntry& standing, const FileEntry& wanted, const MetadataOptions& options, AccountNames& names) {
  EntryDifference difference;
  difference.kind = !same_nature(standing, wanted);
  if (difference.kind) return difference;
  const Owner owner = owner_here(wanted, options, names);
  difference.size = standing.size != wanted.size;
  difference.mtime = standing.mtime != wanted.mtime;
  difference.owner = options.owner && owner != Owner{standing.uid, standing.gid};
  difference.mode = !same_mode(standing, wanted, owner);
  difference.attributes = has_other(wanted.attributes, standing.attributes, options.owner, true) ||
                          has_other(standing.attributes, wanted.attributes, options.owner, false);
  difference.flags = options.flags && options.owner && standing.flags != wanted.flags;
  return difference;
}

std::string EntryDifference::text() const {
  const std::pair<bool, const char*> parts[] = {{kind, "kind"},   {size, "size"},           {mtime, "mtime"}, {owner, "owner"},
                                                {mode, "mode"},   {attributes, "attributes"}, {flags, "flags"}};
  std::vector<std::string> named;
  for (const auto& [differs, name] : parts)
    if (differs) named.emplace_back(name);
  return joined(named, ", ");
}

MetadataOptions metadata_options(bool numeric_owner) {
  MetadataOptions options;
  options.numeric_owner = numeric_owner;
  options.owner = ::geteuid() == 0;
  return options;
}

}  // namespace sparekeep::agent

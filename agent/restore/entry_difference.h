// What a restore has to change: the parts in which what stands differs from what is wanted. None: nothing is written, so that a
// second restore of the same snapshot writes nothing. Contents are compared elsewhere; here only their size and mtime.
#pragma once

#include <string>

#include "lib/archive/metadata.h"
#include "lib/base/file_entry.h"

namespace sparekeep::agent {

struct EntryDifference {
  bool kind = false;         // also: nothing like it can be made by setting metadata (link target, device number)
  bool size = false;         // of a regular file
  bool mtime = false;
  bool owner = false;        // user or group, as they are resolved on this machine
  bool mode = false;
  bool attributes = false;   // extended attributes or ACLs
  bool flags = false;

  bool any() const { return kind || size || metadata(); }
  bool metadata() const { return mtime || owner || mode || attributes || flags; }
  bool content_suspect() const { return kind || size || mtime; }
  std::string text() const;  // "size, mtime, mode"; for --diff
};

// `standing` is FileWriter::current(). As an ordinary user (options.owner is false) what could not be changed anyway is no
// difference: owner, and attributes that only root sets (trusted.*, security.*).
EntryDifference compare_entry(const FileEntry& standing, const FileEntry& wanted, const MetadataOptions& options, AccountNames& names);

// What write_metadata may do for this process: owner only as root.
MetadataOptions metadata_options(bool numeric_owner);

}  // namespace sparekeep::agent

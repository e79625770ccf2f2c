// A writer into an empty target, whose warnings nobody asks for, and small files written by it.
#pragma once

#include <unistd.h>

#include "agent/restore/file_writer.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::agent {

struct WriterFixture {
  TemporaryFolder folder;
  AccountNames names;
  Path target = folder / "target";
  FileWriter writer = FileWriter::open(target, {}, names, [](std::string_view, const std::string&) {}).value();

  static FileEntry entry(uint64_t size) {
    FileEntry entry;
    entry.mode = 0640, entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.size = size, entry.mtime = {1000, 5};
    return entry;
  }
  Result<void> write(const std::string& place, std::string_view text, const std::string& flags = "") {
    FileEntry wanted = entry(text.size());
    wanted.flags = flags;
    Result<PendingFile> file = writer.begin_file(place, wanted);
    if (!file) return file.error();
    if (Result<void> written = file->write(0, as_bytes(text)); !written) return written;
    return file->commit();
  }
  std::string read(const std::string& place) const { return read_text(target / place, 1000).value(); }
};

}  // namespace sparekeep::agent

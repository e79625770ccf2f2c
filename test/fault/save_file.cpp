// The tiny program that the fault tools are tried on: puts a file of 8 KiB of one letter, in a durable way and in three that
// are not, and says `saved` when it is done. Exit 1 with the reason when it could not.
//
//   save_file durable|no-sync|no-folder-sync|in-place FILE LETTER
#include <fcntl.h>

#include <cstdio>

#include "lib/base/descriptor.h"
#include "lib/base/files.h"

namespace sparekeep {

namespace {

Result<void> write_there(const Path& path, const Bytes& content, bool sync) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return system_error("open", errno);
  if (Result<void> written = write_all(file.get(), content); !written) return written;
  if (sync && ::fsync(file.get()) != 0) return system_error("fsync", errno);
  return {};
}

Result<void> save(std::string_view way, const Path& path, const Bytes& content) {
  if (way == "durable") return write_durably(path, content);
  if (way == "in-place") return write_there(path, content, true);
  const Path temporary = path.native() + ".new";
  if (Result<void> written = write_there(temporary, content, way == "no-folder-sync"); !written) return written;
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("rename", errno);
  return way == "no-sync" ? sync_folder(path.parent_path()) : Result<void>();
}

}  // namespace

}  // namespace sparekeep

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const sparekeep::Result<void> saved = sparekeep::save(argv[1], argv[2], sparekeep::Bytes(8192, static_cast<uint8_t>(argv[3][0])));
  if (!saved) std::fprintf(stderr, "%s\n", saved.error().text().c_str());
  if (saved) std::puts("saved");
  return saved ? 0 : 1;
}

#include "lib/base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "lib/base/direct_write.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr std::string_view kTemporaryPrefix = ".sk-";

Error file_error(std::string_view verb, const Path& path) {
  const int error_number = errno;
  return system_error(std::string(verb) + " " + in_quotes(path.native()), error_number);
}

// A name that no other process or thread of this machine uses at the same time.
Path temporary_beside(const Path& path) {
  static std::atomic<uint64_t> counter{0};
  return path.parent_path() / (std::string(kTemporaryPrefix) + std::to_string(getpid()) + "-" + std::to_string(counter++));
}

Result<void> write_parts(int fd, std::span<const ByteSpan> parts, bool past_cache) {
  if (past_cache) return write_past_cache(fd, parts);
  for (const ByteSpan part : parts)
    if (Result<void> written = write_all(fd, part); !written) return written;
  return {};
}

Result<void> fill(const Path& path, std::span<const ByteSpan> parts, const WriteOptions& options) {
  const mode_t mode = options.mode;
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file) return file_error("creating", path);
  struct stat facts {};                              // a umask may take from others, never from the owner: such a file could not be read again
  if (::fstat(file.get(), &facts) == 0 && (mode & S_IRWXU & ~facts.st_mode) != 0 && ::fchmod(file.get(), (facts.st_mode & 07777) | (mode & S_IRWXU)) != 0)
    return file_error("setting the mode of", path);
  if (const Result<void> written = write_parts(file.get(), parts, options.past_cache); !written) return during("writing " + in_quotes(path.native()), written);
  if (::fsync(file.get()) != 0) return file_error("syncing", path);
  return {};
}

// rename(2) replaces; RENAME_NOREPLACE is what put-if-absent needs.
Result<void> publish(const Path& from, const Path& to, bool replace) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), replace ? 0 : RENAME_NOREPLACE) == 0) return {};
  return file_error("renaming to", to);
}

}  // namespace

Result<void> write_durably(const Path& path, ByteSpan bytes, WriteOptions options) {
  return write_durably(path, std::span<const ByteSpan>(&bytes, 1), options);
}

Result<void> write_durably(const Path& path, std::span<const ByteSpan> parts, WriteOptions options) {
  const Path temporary = temporary_beside(path);
  Result<void> done = fill(temporary, parts, options);
  if (done) done = publish(temporary, path, options.replace);
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  done = sync_folder(path.parent_path());
  if (!done && !options.replace) ::unlink(path.c_str());   // the name may be lost in a power cut: nobody may take it for stored
  return done;
}

Result<void> write_all(int fd, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error("write", written < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<Bytes> read_range(int fd, uint64_t offset, size_t length) {
  Bytes bytes(length);
  if (Result<void> read = read_range(fd, offset, bytes); !read) return read.error();
  return bytes;
}

Result<void> read_range(int fd, uint64_t offset, MutableSpan to) {
  size_t have = 0;
  while (have < to.size()) {
    const ssize_t got = ::pread(fd, to.data() + have, to.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", errno);
    if (got == 0) return Error(ErrorKind::corrupt, "the file ends " + std::to_string(to.size() - have) + " bytes early");
    have += static_cast<size_t>(got);
  }
  return {};
}

namespace {

Error too_large(const Path& path, uint64_t bytes_max) {
  return Error(ErrorKind::corrupt, in_quotes(path.native()) + " is larger than " + std::to_string(bytes_max) + " bytes");
}

// A pipe or a device, whose size nobody knows before its end.
Result<Bytes> read_to_end(int fd, const Path& path, uint64_t bytes_max) {
  Bytes bytes, piece(1 << 16);
  while (true) {
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("reading", path);
    if (count == 0) return bytes;
    append(bytes, ByteSpan(piece).first(static_cast<size_t>(count)));
    if (bytes.size() > bytes_max) return too_large(path, bytes_max);
  }
}

}  // namespace

Result<Bytes> read_file(const Path& path, uint64_t bytes_max) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return file_error("opening", path);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return file_error("reading", path);
  if (!S_ISREG(facts.st_mode)) return read_to_end(file.get(), path, bytes_max);
  if (static_cast<uint64_t>(facts.st_size) > bytes_max) return too_large(path, bytes_max);
  return during("reading " + in_quotes(path.native()), read_range(file.get(), 0, static_cast<size_t>(facts.st_size)));
}

Result<std::string> read_text(const Path& path, uint64_t bytes_max) {
  Result<Bytes> bytes = read_file(path, bytes_max);
  if (!bytes) return bytes.error();
  return std::string(as_text(*bytes));
}

Result<void> sync_folder(const Path& folder) {
  const Path real = folder.empty() ? Path(".") : folder;
  Descriptor handle(::open(real.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle) return file_error("opening", real);
  if (::fsync(handle.get()) != 0) return file_error("syncing", real);
  return {};
}

namespace {

// Whoever made it may have been killed before the sync. Where the parent may not be read, it is not ours, and was there before.
Result<void> confirm_folder(const Path& folder) {
  const Result<void> synced = sync_folder(folder.parent_path());
  if (!synced && synced.error().kind() == ErrorKind::denied) return {};
  return synced;
}

}  // namespace

Result<void> make_folders(const Path& folder, mode_t mode) {
  if (folder.empty() || folder == folder.root_path()) return {};
  if (::mkdir(folder.c_str(), mode) == 0) return sync_folder(folder.parent_path());
  if (errno == EEXIST) return confirm_folder(folder);
  if (errno != ENOENT) return file_error("creating", folder);
  if (Result<void> parent = make_folders(folder.parent_path(), mode); !parent) return parent;
  if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) return file_error("creating", folder);
  return sync_folder(folder.parent_path());
}

Result<void> remove_durably(const Path& path) {
  if (::unlink(path.c_str()) != 0) return file_error("removing", path);
  return sync_folder(path.parent_path());
}

Result<std::vector<std::string>> list_folder(const Path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.c_str()), ::closedir);
  if (!handle) return file_error("listing", folder);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(handle.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return file_error("listing", folder);
  std::sort(names.begin(), names.end());
  return names;
}

void remove_leftovers(const Path& folder) {
  const Result<std::vector<std::string>> names = list_folder(folder);
  if (!names) return;
  for (const std::string& name : *names)
    if (name.starts_with(kTemporaryPrefix)) ::unlink((folder / name).c_str());
}

Result<FileLock> FileLock::acquire(const Path& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return file_error("opening", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(file));
  if (errno == EWOULDBLOCK) return Error(ErrorKind::busy, in_quotes(path.native()) + " is held by another command");
  return file_error("locking", path);
}

}  // namespace sparekeep

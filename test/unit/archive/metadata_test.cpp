#include "lib/archive/metadata.h"

#include "test/support/catch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/archive/attributes.h"
#include "lib/archive/disk_facts.h"
#include "lib/base/descriptor.h"
#include "lib/base/files.h"
#include "test/support/awkward_tree.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

using Texts = std::vector<std::string>;

struct File {
  TemporaryFolder folder;
  AccountNames names;
  Path path = folder / "file";
  Descriptor fd;
  explicit File(std::string_view text = "text") {
    write_durably(path, as_bytes(text)).value();
    fd.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  FileEntry entry() { return read_metadata(fd.get(), names).value().entry; }
  Texts write(const FileEntry& wanted) { return write_metadata(fd.get(), wanted, {.owner = ::geteuid() == 0}, names); }
};

std::vector<FileExtent> extents_of(std::string_view folder, std::initializer_list<uint64_t> data, uint64_t size) {
  const Descriptor fd(::open(std::string(folder).c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  REQUIRE(fd);
  for (const uint64_t at : data) REQUIRE(::pwrite(fd.get(), "data", 4, static_cast<off_t>(at)) == 4);
  REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(size)) == 0);
  struct stat facts {};
  REQUIRE(::fstat(fd.get(), &facts) == 0);
  return read_extents(fd.get(), facts).value();
}

}  // namespace

TEST_CASE("what was written is read") {
  File file;
  FileEntry wanted = file.entry();
  CHECK(wanted.kind == FileKind::regular);
  CHECK(wanted.size == 4);
  CHECK(wanted.user == file.names.user_name(::geteuid()));
  wanted.mode = 06751, wanted.mtime = {-1, 999999999};
  wanted.attributes = {{"user.a", {}}, {"user.b\xff", {0, 1, 255}}};
  CHECK(file.write(wanted) == Texts{});
  FileEntry read = file.entry();
  CHECK(read.mode == 06751);
  CHECK(read.mtime == FileTime{-1, 999999999});
  CHECK(read.attributes == wanted.attributes);
  wanted.attributes = {{"user.a", {7}}};
  CHECK(file.write(wanted) == Texts{});
  CHECK(file.entry().attributes == wanted.attributes);
}

TEST_CASE("metadata that stands already is not written again") {
  File file;
  FileEntry wanted = file.entry();
  wanted.attributes = {{"user.a", {1}}};
  CHECK(file.write(wanted) == Texts{});
  const FileTime before = file.entry().ctime;
  CHECK(file.write(wanted) == Texts{});
  CHECK(file.entry().ctime == before);
}

TEST_CASE("owners are found by name, then by number, or by number alone") {
  AccountNames names;
  FileEntry entry;
  entry.uid = 1234, entry.gid = 2345, entry.user = "root", entry.group = "no such group";
  CHECK(owner_here(entry, {}, names) == Owner{0, 2345});
  CHECK(owner_here(entry, {.numeric_owner = true}, names) == Owner{1234, 2345});
}

TEST_CASE("a setuid bit stays only with its owner") {
  FileEntry entry;
  entry.mode = 06755;
  CHECK(mode_for_owner(entry, {1, 2}, {1, 2}) == 06755);
  CHECK(mode_for_owner(entry, {1, 2}, {3, 2}) == 0755);
  CHECK(mode_for_owner(entry, {1, 2}, {1, 3}) == 04755);
  entry.kind = FileKind::directory, entry.mode = 02775;
  CHECK(mode_for_owner(entry, {1, 2}, {3, 3}) == 02775);
}

TEST_CASE("what is not allowed is named, and the rest is done") {
  File file;
  FileEntry wanted = file.entry();
  wanted.uid = wanted.uid + 1, wanted.user.clear(), wanted.mode = 04700;
  wanted.attributes = {{"nonsense.name", {1}}, {"user.good", {1}}};
  const Texts warnings = write_metadata(file.fd.get(), wanted, {.owner = false}, file.names);
  const std::string owner = std::to_string(wanted.uid) + ":" + std::to_string(wanted.gid);
  CHECK(warnings == Texts{"setting the owner to " + owner + ": operation not permitted",
                          "setting attribute 'nonsense.name': operation not supported",
                          "setuid and setgid are left out: the owner is another"});
  CHECK(file.entry().mode == 0700);
  CHECK(file.entry().attributes == Attributes{{"user.good", {1}}});
}

TEST_CASE("a time that the file system can not keep is named") {
  File file;
  FileEntry wanted = file.entry();
  wanted.mtime = {int64_t{1} << 60, 5};
  const Texts warnings = file.write(wanted);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("the file system keeps the time 1152921504606846976.000000005 as "));
  wanted.mtime = {-5, 999999999};
  CHECK(file.write(wanted) == Texts{});
}

TEST_CASE("file flags have libarchive's names, both ways") {
  File file;
  const Result<void> set = set_flags(file.fd.get(), "nodump,noatime");
  if (!set) {
    WARN("skipped: this file system has no flags");
    return;
  }
  CHECK(read_flags(file.fd.get()) == "nodump,noatime");
  const Result<void> with_dax = set_flags(file.fd.get(), "dax,nodump");      // few file systems take it
  CHECK(read_flags(file.fd.get()) == (with_dax ? "nodump,dax" : "nodump"));
  if (!with_dax) CHECK(with_dax.error().text().starts_with("the flag 'dax': setting file flags: "));
  set_flags(file.fd.get(), "").value();
  CHECK(read_flags(file.fd.get()).empty());
  CHECK(set_flags(file.fd.get(), "nodump,schgx").error().text() == "file flags 'schgx' are not known here");
  if (!make_immutable(file.path, true)) {
    WARN("skipped: the immutable flag needs root");
    return;
  }
  CHECK(file.entry().flags == "schg");
  clear_flags(file.fd.get()).value();
  CHECK(read_flags(file.fd.get()).empty());
}

TEST_CASE("the holes of a file are found on every file system") {
  constexpr uint64_t kMega = 1 << 20;
  for (const char* folder : {"/tmp", "/dev/shm"}) {
    INFO(folder);
    CHECK(extents_of(folder, {}, 0).empty());
    CHECK(extents_of(folder, {0}, 4).empty());
    CHECK(extents_of(folder, {}, kMega) == std::vector<FileExtent>{{kMega, 0}});
    const std::vector<FileExtent> middle = extents_of(folder, {kMega, 5 * kMega}, 9 * kMega);
    REQUIRE(middle.size() == 2);
    CHECK(middle[0].offset == kMega);
    CHECK(middle[1].offset == 5 * kMega);
    CHECK(middle[1].length < kMega);
    CHECK(valid_extents(middle, 9 * kMega));
    const std::vector<FileExtent> end = extents_of(folder, {kMega}, kMega + 4);
    CHECK(end == std::vector<FileExtent>{{kMega, 4}});
  }
}

TEST_CASE("every kind is read by a descriptor that opens nothing") {
  File file;
  const auto entry_of = [&](const char* name) {
    const Descriptor fd(::open((file.folder / name).c_str(), O_PATH | O_NOFOLLOW));
    return read_metadata(fd.get(), file.names).value().entry;
  };
  REQUIRE(::symlink("target\n", (file.folder / "link").c_str()) == 0);
  REQUIRE(::mkfifo((file.folder / "fifo").c_str(), 0600) == 0);
  CHECK(entry_of("link").link_target == "target\n");
  CHECK(entry_of("link").size == 0);
  CHECK(entry_of("fifo").kind == FileKind::fifo);
  CHECK(entry_of("file").kind == FileKind::regular);
  if (::mknod((file.folder / "device").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
    WARN("skipped: devices need root");
    return;
  }
  CHECK(entry_of("device").device_major == 1);
  CHECK(entry_of("device").device_minor == 3);
}

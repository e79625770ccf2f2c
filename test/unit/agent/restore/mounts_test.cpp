// What was written to a file system that is mounted below the target is on disk, too, when the writer says so, and what is mounted there is not removed.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "agent/restore/extra.h"
#include "agent/restore/file_writer.h"
#include "agent/restore/target_folders.h"
#include "lib/archive/disk_facts.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

std::set<dev_t>& synced() {  // what syncfs below saw
  static std::set<dev_t> devices;
  return devices;
}

bool& fail_next() {         // the next syncfs fails, once, as it does for a descriptor that hears of a failed write
  static bool fails = false;
  return fails;
}

dev_t device_of(const Path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_dev : 0;
}

// In a view of the mounts that only this process has.
bool own_view() { return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

bool mount_below(const Path& folder) { return own_view() && ::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0; }

// What is mounted so has the device number of the target's own file system.
bool bind_below(const Path& folder, const Path& shown) { return own_view() && ::mount(shown.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) == 0; }

// Something is mounted at a/mounted, and holds a file: it stays, though the snapshot knows nothing of it.
void check_that_it_stays(const Path& target) {
  AccountNames names;
  FileWriter writer = FileWriter::open(target, {}, names, [](std::string_view, const std::string&) {}).value();
  CHECK(writer.is_mounted("a/mounted").value());
  CHECK_FALSE(writer.is_mounted("a").value());
  CHECK_FALSE(writer.is_mounted("").value());
  CHECK(writer.is_mounted("a/none").error().kind() == ErrorKind::not_found);
  RunResult result;
  RestoreReport report(result);
  const Selection everything;
  ExtraRemover remover(writer, everything, report, {.target = target.string()});
  remover.remove_from("/srv/a/mounted", "a/mounted", {});
  CHECK(result.changed == 0);
  CHECK(std::filesystem::exists(target / "a/mounted/file"));
  remover.remove_from("/srv", "", {});
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].text.find("a file system is mounted on 'mounted'") != std::string::npos);
  CHECK(std::filesystem::exists(target / "a/mounted/file"));
  CHECK(writer.remove("a/mounted").error().kind() == ErrorKind::exists);     // as where the snapshot has a file in its place
  CHECK(std::filesystem::exists(target / "a/mounted/file"));
}

}  // namespace

// Stands before that of the C library, and does the same but for one failure.
extern "C" int syncfs(int fd) noexcept {
  struct stat facts {};
  if (::fstat(fd, &facts) == 0) synced().insert(facts.st_dev);
  if (std::exchange(fail_next(), false)) return errno = EIO, -1;
  return static_cast<int>(::syscall(SYS_syncfs, fd));
}

TEST_CASE("file systems below the target are synced when they were written to, and only then") {
  const TemporaryFolder target;
  for (const char* name : {"written", "touched", "read"}) {
    make_folders(target / name).value();
    if (!mount_below(target / name)) {
      WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
      return;
    }
  }
  AccountNames names;
  FileWriter writer = FileWriter::open(target.path(), {}, names, [](std::string_view, const std::string&) {}).value();
  FileEntry entry;
  entry.mode = 0644, entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.mtime = {1000, 5};
  make_folders(target / "written/a").value();
  writer.begin_file("written/a/file", entry).value().commit().value();
  entry.kind = FileKind::directory;
  writer.set_metadata("touched", entry).value();
  CHECK(writer.list("read").value().empty());
  synced().clear();
  writer.sync().value();
  CHECK(synced() == std::set<dev_t>{device_of(target.path()), device_of(target / "written"), device_of(target / "touched")});
  for (const char* name : {"written", "touched", "read"}) CHECK(::umount2((target / name).c_str(), MNT_DETACH) == 0);   // the writer keeps them open
}

TEST_CASE("a failure that the disk told of along the way is told at the end") {
  const TemporaryFolder target;
  TargetFolders folders(Descriptor(::open(target.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  CHECK(folders.sync());
  fail_next() = true;
  folders.written(uint64_t{1} << 30);
  CHECK(folders.sync().error().text() == "syncing the target: input/output error");
  CHECK_FALSE(fail_next());
}

TEST_CASE("what another file system holds is not removed when the snapshot did not look into it, nor a folder that it is mounted below") {
  const TemporaryFolder target;
  make_folders(target / "a/mounted").value();
  if (!mount_below(target / "a/mounted")) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  write_durably(target / "a/mounted/file", as_bytes("x")).value();
  check_that_it_stays(target.path());
  CHECK(::umount2((target / "a/mounted").c_str(), MNT_DETACH) == 0);
}

TEST_CASE("what is bound from elsewhere is not removed either, although its device is that of the target") {
  const TemporaryFolder target, shown;
  make_folders(target / "a/mounted").value();
  write_durably(shown / "file", as_bytes("x")).value();
  if (!bind_below(target / "a/mounted", shown.path())) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  REQUIRE(device_of(target.path()) == device_of(target / "a/mounted"));
  const Descriptor folder(::open(shown.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Result<void> appends = set_flags(folder.get(), "sappnd");
  check_that_it_stays(target.path());
  if (appends) CHECK(read_flags(folder.get()).find("sappnd") != std::string::npos);
  static_cast<void>(clear_protection(folder.get()));
  CHECK(std::filesystem::exists(shown / "file"));
  CHECK(::umount2((target / "a/mounted").c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a file that something is bound over stays, with what it shows") {
  const TemporaryFolder target, shown;
  for (const Path& file : {target / "a/mounted", shown / "file"}) {
    make_folders(file.parent_path()).value();
    write_durably(file, as_bytes("x")).value();
  }
  if (!bind_below(target / "a/mounted", shown / "file")) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  AccountNames names;
  FileWriter writer = FileWriter::open(target.path(), {}, names, [](std::string_view, const std::string&) {}).value();
  CHECK(writer.is_mounted("a/mounted").value());
  CHECK_FALSE(writer.remove("a"));
  CHECK(std::filesystem::exists(target / "a/mounted"));
  CHECK(std::filesystem::exists(shown / "file"));
  CHECK(::umount2((target / "a/mounted").c_str(), MNT_DETACH) == 0);
}

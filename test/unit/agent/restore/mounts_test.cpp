// What was written to a file system that is mounted below the target is on disk, too, when the writer says so.
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
bool mount_below(const Path& folder) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
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
  AccountNames names;
  FileWriter writer = FileWriter::open(target.path(), {}, names, [](std::string_view, const std::string&) {}).value();
  RunResult result;
  RestoreReport report(result);
  const Selection everything;
  ExtraRemover remover(writer, everything, report, {.target = target.path().string()});
  remover.remove_from("/srv/a/mounted", "a/mounted", {});
  CHECK(result.changed == 0);
  remover.remove_from("/srv", "", {});
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].text.find("a file system is mounted on 'mounted'") != std::string::npos);
  CHECK(std::filesystem::exists(target / "a/mounted/file"));
}

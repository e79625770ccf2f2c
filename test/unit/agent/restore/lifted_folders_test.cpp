// Folders that take no names and get some all the same: several threads at once, and flags that do not come back.
#include "agent/restore/lifted_folders.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <barrier>
#include <cerrno>
#include <thread>

#include "agent/restore/file_writer.h"
#include "lib/archive/disk_facts.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

// One folder, immutable. Its flags go with the test, so that it can be removed.
struct Immutable {
  Immutable() {
    std::filesystem::create_directory(path);
    fd.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~Immutable() { static_cast<void>(clear_protection(fd.get())); }

  bool protect() const {
    const bool done = static_cast<bool>(set_flags(fd.get(), "schg"));
    if (!done) WARN("skipped: no immutable flag here (it needs root and a file system that has it)");
    return done;
  }
  std::string flags() const { return read_flags(fd.get()); }

  TemporaryFolder folder;
  Path path = folder / "folder";
  Descriptor fd;
};

// This thread may not set the flag, until the end.
class NoImmutableFlags {
 public:
  NoImmutableFlags() {
    REQUIRE(::syscall(SYS_capget, &head_, before_) == 0);
    __user_cap_data_struct without[2] = {before_[0], before_[1]};
    without[0].effective &= ~(1U << CAP_LINUX_IMMUTABLE);
    REQUIRE(::syscall(SYS_capset, &head_, without) == 0);
  }
  ~NoImmutableFlags() { ::syscall(SYS_capset, &head_, before_); }
  NoImmutableFlags(const NoImmutableFlags&) = delete;

 private:
  __user_cap_header_struct head_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
};

}  // namespace

TEST_CASE("who met the protection before another one lifted it tries again, too") {
  const Immutable folder;
  if (!folder.protect()) return;
  LiftedFolders lifted;
  errno = EPERM;
  CHECK(lifted.lift(folder.fd.get(), "folder"));
  CHECK(lifted.lift(folder.fd.get(), "folder"));
  CHECK(errno == EPERM);
  REQUIRE(folder.protect());                       // by somebody else, meanwhile
  CHECK(lifted.lift(folder.fd.get(), "folder"));
  CHECK(folder.flags().empty());
  lifted.give_back({}).value();
  CHECK(folder.flags() == "schg");
  lifted.forget(folder.fd.get());
  lifted.give_back({}).value();
  CHECK(folder.flags() == "schg");
}

TEST_CASE("a folder that was not protected is not worth another try") {
  const Immutable folder;
  LiftedFolders lifted;
  CHECK_FALSE(lifted.lift(folder.fd.get(), "folder"));
}

TEST_CASE("several threads work in one immutable folder") {
  const Immutable folder;
  if (!folder.protect()) return;
  AccountNames names;
  FileWriter writer = FileWriter::open(folder.folder.path(), {}, names, [](std::string_view, const std::string&) {}).value();
  constexpr int kRounds = 50, kThreads = 2;
  std::vector<std::string> errors[kThreads];
  std::barrier together(kThreads, [&]() noexcept {
    static_cast<void>(writer.sync());              // protected again
  });
  const auto work = [&](int thread) {
    FileEntry entry;
    entry.mode = 0600, entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.mtime = {1000, 5};
    for (int round = 0; round < kRounds; ++round) {
      together.arrive_and_wait();
      Result<PendingFile> file = writer.begin_file("folder/" + std::to_string(thread) + "." + std::to_string(round), entry);
      const Result<void> done = file ? file->commit() : file.error();
      if (!done) errors[thread].push_back(done.error().text());
    }
  };
  {
    const std::jthread other(work, 1);
    work(0);
  }
  for (const std::vector<std::string>& each : errors) CHECK(each == std::vector<std::string>{});
  CHECK(writer.list("folder").value().size() == size_t{kRounds} * kThreads);
  writer.sync().value();
  CHECK(folder.flags() == "schg");
}

TEST_CASE("flags that cannot be given back are named, and tried again") {
  const Immutable folder;
  if (!folder.protect()) return;
  AccountNames names;
  std::vector<std::string> warnings;
  FileWriter writer = FileWriter::open(folder.folder.path(), {}, names, [&](std::string_view place, const std::string& text) {
                        warnings.push_back(std::string(place) + ": " + text);
                      }).value();
  writer.make_folder("folder/below").value();
  {
    const NoImmutableFlags none;
    CHECK(writer.sync().error().text() == "giving back the file flags of 'folder': setting file flags: operation not permitted");
  }
  CHECK(warnings == std::vector<std::string>{"folder: its file flags 'schg' do not stand again: setting file flags: operation not permitted; set them by chattr"});
  CHECK(folder.flags().empty());
  writer.sync().value();
  CHECK(folder.flags() == "schg");
  CHECK(warnings.size() == 1);
}

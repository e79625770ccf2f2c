// Failures in a daemon's threads, and a state file system that is full: it goes on, and gives back what it keeps.
#include "daemon/report/upkeep.h"

#include <sys/mount.h>

#include <atomic>
#include <future>

#include "daemon/shards/shard_index.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

namespace {

const ShardId kShard{VaultId{{1}}, PackId{{2}}, {2, 2}, 1};
const RecordKey kRecord{kShard.vault, "00112233445566778899aabbccddeeff.1"};

class SmallDisk {                                      // 1 MiB of memory
 public:
  SmallDisk() : mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=1m") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool is_there() const { return mounted_; }
  Path path() const { return folder_.path(); }
  void fill() const {
    Descriptor file(::open((path() / "fill").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    while (write_all(file.get(), Bytes(4096, 1))) {
    }
  }

 private:
  TemporaryFolder folder_;
  const bool mounted_;
};

}  // namespace

TEST_CASE("work that fails is tried again, and ends nothing") {
  std::atomic<int> turns = 0;
  std::promise<void> third;
  {
    const Upkeep upkeep(std::chrono::milliseconds(1), [&] {
      if (++turns == 3) third.set_value();
      if (turns % 2) throw Error(ErrorKind::no_space, "full");
      throw std::bad_alloc();
    });
    third.get_future().wait();
  }
  CHECK(turns >= 4);                                   // and a last one at the end
}

TEST_CASE("on a full disk the index is opened and read, a write is refused, and nothing is let go") {
  const SmallDisk disk;
  if (!disk.is_there()) {
    WARN("skipped: only root mounts a small disk");
    return;
  }
  const Path file = disk.path() / "index.db";
  {
    ShardIndex index(file, system_clock());
    index.pin(kRecord, {kRecord.name, 1, {}, "d"}, [](const auto& on_shard) { on_shard(kShard); }, [] {});
  }
  disk.fill();
  ShardIndex index(file, system_clock());
  CHECK(index.knows(kRecord));
  CHECK(index.records_of(kShard.vault).size() == 1);
  try {
    for (int i = 0; i < 1000; ++i) index.advance();
    FAIL("the disk is not full");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::no_space);
  }
  CHECK(index.may_delete(kShard, Duration(0)).error().kind() == ErrorKind::locked);
  CHECK(index.records_of(kShard.vault).size() == 1);
}

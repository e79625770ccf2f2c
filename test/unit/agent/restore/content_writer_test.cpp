// Batches of contents that are written beside each other, where the first one takes longer than all that follow.
#include "agent/restore/content_writer.h"

#include <latch>
#include <thread>

#include "agent/restore/file_writer.h"
#include "test/support/catch.h"
#include "test/unit/agent/restore/restore_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr size_t kBatch = 1024;                        // files without content fill one
constexpr Duration kPatience = std::chrono::seconds(20);

// What writes "slow" waits for release() as it tells that its flag has no meaning here.
struct Fixture : RestoreFixture {
  std::latch released{1};
  FileWriter writer = FileWriter::open(order.restore.target, {}, names, [this](std::string_view place, const std::string&) {
    if (place == "slow") released.wait();
  }).value();
  RunResult result;
  RestoreReport report{result};

  static ManifestEntry entry(const std::string& flags = "") {
    ManifestEntry entry;
    entry.file.mode = 0644, entry.file.uid = ::geteuid(), entry.file.gid = ::getegid(), entry.file.flags = flags;
    return entry;
  }
  static void add(ContentWriter& contents, const std::string& name, size_t count) {
    for (size_t i = 0; i < count; ++i) contents.add(name + std::to_string(i), entry());
  }
  void add_slow(ContentWriter& contents) const {
    contents.add("slow", entry("nosuchflag"));
    add(contents, "with-slow-", kBatch - 1);
  }
};

bool is_soon(const std::function<bool()>& true_now) {
  for (const Deadline deadline(system_clock(), kPatience); !deadline.passed(); system_clock().sleep(std::chrono::milliseconds(2)))
    if (true_now()) return true;
  return false;
}

}  // namespace

TEST_CASE("a batch that is done is not kept behind one that takes longer") {
  Fixture fixture;
  ContentWriter contents(&fixture.writer, *fixture.reading->reader, fixture.report, true);
  fixture.add_slow(contents);
  Fixture::add(contents, "later-", kBatch);
  CHECK(is_soon([&] { return !contents.holds("later-0"); }));
  CHECK(contents.holds("with-slow-0"));
  CHECK(contents.done() == 0);
  CHECK(std::filesystem::exists(fixture.folder / "target/later-0"));
  fixture.released.count_down();
  contents.wait();
  CHECK(contents.done() == 2);
  CHECK_FALSE(contents.holds("with-slow-0"));
  CHECK(fixture.result.errors.empty());
}

TEST_CASE("who is far ahead of a batch that takes long waits for it") {
  Fixture fixture;
  ContentWriter contents(&fixture.writer, *fixture.reading->reader, fixture.report, true, 3);
  fixture.add_slow(contents);
  Fixture::add(contents, "later-", 2 * kBatch);
  CHECK(is_soon([&] { return !contents.holds("later-2047"); }));
  std::atomic<bool> waits = true, waited = false;
  std::jthread other([&] {
    system_clock().sleep(std::chrono::milliseconds(300));
    waited = waits.load();
    fixture.released.count_down();
  });
  Fixture::add(contents, "last-", kBatch);
  waits = false;
  other.join();
  CHECK(waited);
  contents.wait();
  CHECK(contents.done() == 4);
}

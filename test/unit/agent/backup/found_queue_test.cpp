// Between the walk and the reading: everything in its order, not far ahead, and neither side waits for one that has failed.
#include "agent/backup/found_queue.h"

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Reading final : FoundSink {
  void known(ManifestEntry entry) override { paths.push_back(entry.file.path); }
  void entry(FileEntry entry, Descriptor) override { paths.push_back(entry.path); }
  void problem(SourceProblem problem) override { paths.push_back(problem.path); }
  std::vector<std::string> paths;
};

FileEntry file(const std::string& path, uint64_t size) {
  FileEntry entry;
  entry.path = path, entry.size = size;
  return entry;
}

Descriptor opened() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

TEST_CASE("what was found comes in its order, whatever it is and however long") {
  FoundQueue queue;
  Reading reading;
  std::thread walk([&] {
    for (int i = 0; i < 500; ++i) {
      if (i % 3 == 0) queue.known({file(std::to_string(i), 1), {}, {}});
      else if (i % 3 == 1) queue.problem({std::to_string(i), "denied"});
      else queue.entry(file(std::to_string(i), i % 50 == 2 ? 1ull << 40 : 100), opened());
    }
    queue.finish();
  });
  queue.drain(reading);
  walk.join();
  REQUIRE(reading.paths.size() == 500);
  for (size_t i = 0; i < 500; ++i) CHECK(reading.paths[i] == std::to_string(i));
}

// Without a reader: what is in the queue is counted while the walk waits.
TEST_CASE("few files are open at once, however many are known") {
  FoundQueue queue;
  constexpr size_t kOpenMax = (FoundQueue::kBatchesMax + 2) * FoundQueue::kBatchOpened;
  std::atomic<size_t> pushed = 0;
  Reading reading;
  std::thread walk([&] {
    for (size_t i = 0; i < 2 * kOpenMax; ++i) {
      queue.known({file(std::to_string(i), 1), {}, {}});
      queue.entry(file(std::to_string(i), 1), opened());
      ++pushed;
    }
    queue.finish();
  });
  for (size_t seen = 0; pushed == 0 || seen != pushed;) {
    seen = pushed;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(pushed < kOpenMax);
  queue.drain(reading);
  walk.join();
  CHECK(reading.paths.size() == 4 * kOpenMax);
}

TEST_CASE("a walk that waits for room hears that nobody reads any more") {
  FoundQueue queue;
  bool ended = false;
  std::thread walk([&] {
    try {
      for (;;) queue.entry(file("/a", FoundQueue::kBytesMax), opened());
    } catch (const Error& error) {
      ended = error.kind() == ErrorKind::closed;
    }
  });
  queue.stop();
  walk.join();
  CHECK(ended);
}

TEST_CASE("what the walk failed with is what the reading throws") {
  FoundQueue queue;
  Reading reading;
  queue.fail(Error(ErrorKind::not_found, "no such source"));
  CHECK_THROWS_WITH(queue.drain(reading), "no such source");
}

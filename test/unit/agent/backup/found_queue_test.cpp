// Between the walk and the reading: everything in its order, not far ahead, and neither side waits for one that has failed.
#include "agent/backup/found_queue.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
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

TEST_CASE("few files are open at once, however many are known") {
  constexpr size_t kOpenMax = (FoundQueue::kBatchesMax + 2) * FoundQueue::kBatchOpened, kFiles = 2 * kOpenMax;
  FoundQueue queue;
  std::atomic<size_t> pushed = 0;
  std::thread walk([&] {
    for (size_t i = 0; i < kFiles; ++i) {
      queue.known({file(std::to_string(i), 1), {}, {}});
      ++pushed;
      queue.entry(file(std::to_string(i), 1), opened());
    }
    queue.finish();
  });
  while (pushed < FoundQueue::kBatchesMax * FoundQueue::kBatchOpened) std::this_thread::yield();   // as far as it gets with nobody reading
  struct Counting final : FoundSink {
    explicit Counting(const std::atomic<size_t>& all) : found(all) {}
    void known(ManifestEntry) override {}
    void entry(FileEntry, Descriptor) override { open = std::max(open, found - read++); }
    void problem(SourceProblem) override {}
    const std::atomic<size_t>& found;
    size_t read = 0, open = 0;
  } reading(pushed);
  queue.drain(reading);
  walk.join();
  CHECK(reading.read == kFiles);
  CHECK(reading.open <= kOpenMax);
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

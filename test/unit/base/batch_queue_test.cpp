#include "lib/base/batch_queue.h"

#include <atomic>
#include <thread>

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("items come out in their order, whole batches and what is left") {
  BatchQueue<int> queue(4, 2);
  std::thread producer([&] {
    for (int i = 0; i < 1001; ++i) {
      queue.push(i);
      if (i % 100 == 50) queue.flush();
    }
    queue.finish();
  });
  std::vector<int> got;
  queue.drain([&](int item) { got.push_back(item); });
  producer.join();
  REQUIRE(got.size() == 1001);
  for (int i = 0; i < 1001; ++i) CHECK(got[static_cast<size_t>(i)] == i);
}

TEST_CASE("a flushed item is there before its batch is full") {
  BatchQueue<int> queue(100, 2);
  REQUIRE(queue.push(7));
  REQUIRE(queue.flush());
  queue.close();
  int got = 0;
  queue.drain([&](int item) { got = item; });
  CHECK(got == 7);
}

TEST_CASE("a producer hears that nobody takes any more, and a consumer why nothing comes") {
  BatchQueue<int> queue(2, 1);
  CHECK(queue.push(1));
  queue.close();
  CHECK_FALSE(queue.push(2));
  BatchQueue<int> failed(2, 1);
  failed.close(Error(ErrorKind::denied, "no such source"));
  CHECK_THROWS_AS(failed.drain([](int) {}), Error);
}

TEST_CASE("heavy items make small batches, and few of them wait") {
  BatchQueue<int> queue(100, 2);
  std::atomic<int> pushed{0};
  std::thread producer([&] {
    for (int i = 0; i < 50; ++i) queue.push(i, BatchQueue<int>::kBatchWeight), ++pushed;
    queue.finish();
  });
  int got = 0;
  queue.drain([&](int item) {
    CHECK(item == got++);
    CHECK(pushed <= got + 4);      // two batches wait, one is being taken, one is being pushed
  });
  producer.join();
  CHECK(got == 50);
}

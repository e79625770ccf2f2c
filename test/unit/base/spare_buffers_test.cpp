#include "lib/base/spare_buffers.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("spare buffers give the one that came back last, as it was, and frees what is too many") {
  SpareBuffers pool(2);
  CHECK(pool.take().capacity() == 0);
  Bytes first(10, 1), second(20, 2), third(30, 3);
  const void* const place = second.data();
  pool.give(std::move(first));
  pool.give(std::move(second));
  pool.give(std::move(third));
  pool.give(Bytes());                              // nothing that could be used again
  const Bytes back = pool.take();
  CHECK(back.data() == place);
  CHECK(back == Bytes(20, 2));
  CHECK(pool.take() == Bytes(10, 1));
  CHECK(pool.take().empty());
}

TEST_CASE("a big buffer is used again where it is long enough, and a small or a huge one is not kept") {
  SpareBuffers buffers(2, 256 << 10, 17 << 20);
  Bytes buffer = buffers.sized(1 << 20);
  const uint8_t* const where = buffer.data();
  buffers.give(std::move(buffer));
  CHECK(buffers.sized(2 << 20).data() != where);
  CHECK(buffers.sized(300 << 10).data() == where);
  CHECK(buffers.sized(100).size() == 100);
  buffers.give(Bytes(1000));
  buffers.give(Bytes(18 << 20));
  CHECK(buffers.take().empty());
}

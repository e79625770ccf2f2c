#include "lib/wire/frame.h"

#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("messages come out as they went in, however the stream is cut") {
  Bytes stream = frame("one");
  append(stream, frame(""));
  append(stream, frame("three"));
  for (size_t step = 1; step <= stream.size(); ++step) {
    FrameReader reader(100);
    std::vector<std::string> messages;
    for (size_t at = 0; at < stream.size(); at += step) {
      reader.feed(ByteSpan(stream).subspan(at, std::min(step, stream.size() - at)));
      while (std::optional<std::string> message = reader.next().value()) messages.push_back(*message);
    }
    CHECK(messages == std::vector<std::string>{"one", "", "three"});
    CHECK(reader.empty());
  }
}

TEST_CASE("a length over the maximum is refused before its bytes come") {
  FrameReader reader(4);
  reader.feed(frame("five!"));
  CHECK(reader.next().error().text() == "a message of 5 bytes; at most 4");
}

// What a caller sends to a unit that holds root's rights: frames of a request, and the questions about a target. Any bytes are read or refused.
#include "agent/privileged/target_messages.h"
#include "lib/wire/frame.h"
#include "lib/wire/json.h"
#include "lib/wire/privileged.h"

using namespace sparekeep;

namespace {

void read_request(std::string_view text) {
  const Result<PrivilegedRequest> request = from_json<PrivilegedRequest>(text);
  if (request) SK_CHECK(to_json(from_json<PrivilegedRequest>(to_json(*request)).value()) == to_json(*request));
}

void read_question(std::string_view text) {
  const Result<agent::TargetQuestion> question = agent::read_question(text);
  if (question) SK_CHECK(agent::write_question(agent::read_question(agent::write_question(*question)).value()) == agent::write_question(*question));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FrameReader reader(kPrivilegedRequestMax);
  reader.feed(ByteSpan(data, size));
  while (true) {
    const Result<std::optional<std::string>> message = reader.next();
    SK_CHECK(message || message.error().kind() == ErrorKind::corrupt);
    if (!message || !*message) return 0;
    read_request(**message);
    read_question(**message);
  }
}

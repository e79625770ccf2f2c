// The readers of short texts in lib/base: what they take, they write again as the same value.
#include "lib/base/clock.h"
#include "lib/base/hex.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan input(data, size);
  const std::string_view text = as_text(input);

  if (const Result<Bytes> bytes = from_hex(text)) SK_CHECK(to_hex(*bytes) == text);
  SK_CHECK(same_bytes(from_hex(to_hex(input)).value(), input));
  if (const Result<Bytes> bytes = from_base64(text)) SK_CHECK(to_base64(*bytes) == text);
  SK_CHECK(same_bytes(from_base64(to_base64(input)).value(), input));

  if (const Result<Time> time = from_rfc3339(text)) {
    const Result<Time> again = from_rfc3339(to_rfc3339(*time));
    SK_CHECK(again.has_value() && *time - *again >= Duration(0) && *time - *again < std::chrono::seconds(1));
  }
  if (const Result<uint64_t> bytes = parse_size(text)) format_size(*bytes);
  if (const Result<Duration> duration = parse_duration(text)) format_duration(*duration);

  for (char c : printable(text)) SK_CHECK(static_cast<uint8_t>(c) >= 0x20 && c != 0x7f);
  SK_CHECK(joined(split_text(text, ','), ",") == text);
  return 0;
}

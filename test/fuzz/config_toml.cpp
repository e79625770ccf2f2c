// Configuration as people write it: any text is either read, or refused with the file's name in front.
#include "lib/base/bytes.h"
#include "lib/config/toml.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Result<ConfigTable> table = parse_toml(as_text({data, size}), "fuzz.toml");
  SK_CHECK(table || (table.error().kind() == ErrorKind::usage && table.error().text().starts_with("fuzz.toml:")));
  return 0;
}

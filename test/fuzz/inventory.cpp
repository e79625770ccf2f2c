// Inventories: any text is either read, or refused as usage with the file's name in front.
#include "inventory/inventory.h"
#include "lib/base/bytes.h"

using namespace sparekeep;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const Inventory inventory = parse_inventory({{"fuzz.toml", std::string(as_text({data, size}))}}, {.home = "/root"});
    for (const Host& host : inventory.hosts) SK_CHECK(inventory.find(host.name) == &host);
  } catch (const Error& error) {
    SK_CHECK(error.kind() == ErrorKind::usage && error.text().starts_with("fuzz.toml:"));
  }
  return 0;
}

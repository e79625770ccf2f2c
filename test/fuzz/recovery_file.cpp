// installer/central/recovery_file.h: what is taken is written again as the same keys.
#include "installer/central/recovery_file.h"

using namespace sparekeep;
using namespace sparekeep::central;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Result<RecoveryKeys> keys = read_recovery_text(as_text(ByteSpan(data, size)));
  if (!keys) {
    SK_CHECK(keys.error().text().starts_with("recovery file: "));
    return 0;
  }
  const Secret text = write_recovery_text(*keys);
  const RecoveryKeys again = read_recovery_text(as_text(text.reveal())).value();
  SK_CHECK(again.root.public_key() == keys->root.public_key() && again.recovery.recipient() == keys->recovery.recipient());
  return 0;
}

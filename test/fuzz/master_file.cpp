// inventory/master: the delegation and the master file, both signed truly, so that what lies behind the signatures is reached.
// The first byte says which; a master file's input is what stands behind its delegation.
#include "inventory/master/master_file.h"
#include "lib/vault/prelude.h"
#include "test/fuzz/resigned.h"

using namespace sparekeep;

namespace {

Bytes joined_bytes(ByteSpan head, ByteSpan tail) {
  Bytes out(head.begin(), head.end());
  append(out, tail);
  return out;
}

Bytes signed_now(const Bytes& fields, std::string_view domain) {
  return joined_bytes(fields, fuzz_signer().sign(domain, fields).bytes());
}

Bytes fixed_delegation() {
  Delegation delegation;
  delegation.root = delegation.master_signer = fuzz_signer().public_key();
  return write_delegation(delegation, fuzz_signer());
}

// The root is the pinned one; everything behind it is the input's.
void read_as_delegation(ByteSpan input) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::delegation);
  writer.raw(fuzz_signer().public_key().bytes());
  writer.raw(input);
  const Result<Delegation> read = read_delegation(signed_now(writer.bytes(), "sparekeep delegation v1"), fuzz_signer().public_key());
  if (!read) return;
  const Bytes again = write_delegation(*read, fuzz_signer());
  SK_CHECK(same_bytes(again, signed_now(writer.bytes(), "sparekeep delegation v1")));
}

void read_as_master_file(ByteSpan input) {
  ByteWriter writer;
  write_prelude(writer, ObjectKind::master_file);
  writer.blob(fixed_delegation());
  writer.raw(input);
  const Bytes object = signed_now(writer.bytes(), "sparekeep master file v1");
  const Result<MasterCopy> read = read_master_file(object, fuzz_signer().public_key());
  if (!read) return;
  for (const StorageSystem& system : read->file.systems) SK_CHECK(read->file.find(system.id) == &system && system.available_bytes <= system.capacity_bytes);
  SK_CHECK(same_bytes(sign_master_file(read->file, fuzz_signer()).object, object));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan input(data, size);
  (void)read_master_file(input, fuzz_signer().public_key());
  (void)read_delegation(input, fuzz_signer().public_key());
  if (input.empty()) return 0;
  if (input[0] % 2 == 0) read_as_delegation(input.subspan(1));
  else read_as_master_file(input.subspan(1));
  return 0;
}

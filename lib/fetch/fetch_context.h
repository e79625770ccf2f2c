// What every reader of one vault in one command shares.
#pragma once

#include "lib/crypt/signature.h"
#include "lib/fetch/findings.h"
#include "lib/fetch/locator.h"
#include "lib/vault/pack_reader.h"

namespace sparekeep {

struct FetchOptions {
  size_t packs_parallel = 4;
  uint64_t bytes_in_flight_max = 96 << 20;            // sealed bytes held by all packs being fetched; one pack always goes
  uint64_t gap_max = 128 * 1024;                      // unwanted bytes between two wanted chunks that are fetched rather than asked around
  Duration request_limit = std::chrono::seconds(60);  // of one request
  ChunkIds data_ids = ChunkIds::computed;             // of data chunks; those of metadata always are
};

struct FetchContext {                                 // all of it outlives the readers
  VaultId vault;
  PublicKey signer;                                   // from the vault's descriptor, or pinned by the caller
  Systems& systems;
  Locator& locator;
  Findings& findings;
  const Clock& clock;
  FetchOptions options;

  Deadline deadline() const { return Deadline(clock, options.request_limit); }
};

}  // namespace sparekeep

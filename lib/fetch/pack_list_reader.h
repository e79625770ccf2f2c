// One of a record's two pack lists, read block by block from whichever system gives the right bytes; what was read is kept.
#pragma once

#include <map>
#include <mutex>

#include "lib/fetch/fetch_context.h"
#include "lib/vault/pack_list.h"
#include "lib/vault/snapshot_record.h"

namespace sparekeep {

class PackListReader {                                // thread safe
 public:
  PackListReader(const FetchContext& context, PackListRoot root, PackKind kind) : context_(context), root_(std::move(root)), kind_(kind) {}

  // corrupt: no such number, or it is unused. lost: no system gives its block.
  Result<PackEntry> entry(uint32_t number);
  Result<std::vector<PackEntry>> block(uint32_t index);

 private:
  const FetchContext& context_;
  const PackListRoot root_;
  const PackKind kind_;
  std::mutex mutex_;
  std::map<uint32_t, std::vector<PackEntry>> blocks_;
  Result<std::vector<PackEntry>> fetch(uint32_t index);
};

}  // namespace sparekeep

#include "lib/fetch/locator.h"

#include "lib/base/worker_pool.h"

namespace sparekeep {

std::vector<FoundShard> AskingLocator::locate(const VaultId& vault, const PackId& pack, Layout layout) {
  std::vector<ShardId> shards;
  for (unsigned i = 0; i < layout.count(); ++i) shards.push_back({vault, pack, layout, static_cast<uint8_t>(i)});
  const std::vector<ShardStore*> stores = systems_.usable();
  std::vector<std::vector<bool>> held(stores.size());
  parallel_for(stores.size(), stores.size(), [&](size_t i) {
    Result<std::vector<bool>> answer = stores[i]->has(shards, Deadline(clock_, limit_));
    if (answer && answer->size() == shards.size()) held[i] = std::move(*answer);
    else if (!answer) systems_.note(stores[i]->host(), answer.error());
  });
  std::vector<FoundShard> found;
  for (size_t i = 0; i < stores.size(); ++i)
    for (size_t index = 0; index < held[i].size(); ++index)
      if (held[i][index]) found.push_back({static_cast<uint8_t>(index), stores[i]->host()});
  return found;
}

}  // namespace sparekeep

// Asks every usable system the same at once, and notes what speaks of their health. Inside lib/fetch only.
#pragma once

#include <utility>
#include <vector>

#include "lib/base/worker_pool.h"
#include "lib/fetch/systems.h"

namespace sparekeep {

template <typename T>
struct Answer {
  ShardStore* store = nullptr;
  T value;
};

// The good answers, in the order of the systems. The last reason of all is the error when none is good; not_found is one, too.
template <typename T, typename Question>
Result<std::vector<Answer<T>>> ask_all(Systems& systems, const Question& question) {
  const std::vector<ShardStore*> stores = systems.usable();
  std::vector<Result<T>> results(stores.size(), Result<T>(Error(ErrorKind::unreachable, "it was not asked")));
  parallel_for(stores.size(), stores.size(), [&](size_t i) { results[i] = question(*stores[i]); });
  std::vector<Answer<T>> answers;
  Error error(ErrorKind::unreachable, "there is no storage system to ask");
  for (size_t i = 0; i < stores.size(); ++i) {
    if (results[i]) {
      answers.push_back({stores[i], std::move(*results[i])});
      continue;
    }
    systems.note(stores[i]->host(), results[i].error());
    const bool says_more = i == 0 || !is_of_system(results[i].error().kind());
    if (says_more) error = results[i].error().during(stores[i]->name());
  }
  if (answers.empty()) return error;
  return answers;
}

}  // namespace sparekeep

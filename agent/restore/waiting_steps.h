// What a restore does once contents that are under way are written: names more of their files, and the metadata of folders that the walk has left. In the
// order in which the walk came by.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "agent/restore/open_folders.h"
#include "lib/vault/entry_weight.h"

namespace sparekeep::agent {

struct LateLink {
  ManifestEntry entry;
  std::string place;
  uint64_t after = 0;                              // the batch that writes its first name, or a later one
};

class WaitingSteps {
 public:
  using Step = std::variant<OpenFolder, LateLink>;

  bool too_many() const { return steps_.size() >= kStepsMax || bytes_ >= kBytesMax; }

  void add(Step step) {
    bytes_ += memory_of(step);
    steps_.push_back(std::move(step));
  }

  std::optional<Step> next(uint64_t done) {        // the first one, once batch `done` and all before are what it waits for
    if (steps_.empty() || std::visit([](const auto& one) { return one.after; }, steps_.front()) > done) return std::nullopt;
    Step step = std::move(steps_.front());
    steps_.pop_front();
    bytes_ -= memory_of(step);
    return step;
  }

 private:
  static constexpr size_t kStepsMax = 4096;
  static constexpr size_t kBytesMax = 8 << 20;
  static size_t memory_of(const OpenFolder& folder) { return folder.place.size() + weight_of(folder.entry) + folder.names_bytes; }
  static size_t memory_of(const LateLink& link) { return link.place.size() + weight_of(link.entry); }
  static size_t memory_of(const Step& step) {
    return std::visit([](const auto& one) { return memory_of(one); }, step);
  }

  std::deque<Step> steps_;
  size_t bytes_ = 0;
};

}  // namespace sparekeep::agent

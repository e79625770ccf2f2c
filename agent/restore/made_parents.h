// Folders whose parents a restore has made, so that it does so once each. Only some are remembered: nothing but a second look is lost with the rest.
#pragma once

#include <set>
#include <string>

namespace sparekeep::agent {

class MadeParents {
 public:
  bool is_new(const std::string& place) {              // and remembers it
    if (places_.size() >= kPlacesMax || bytes_ >= kBytesMax) places_.clear(), bytes_ = 0;
    if (!places_.insert(place).second) return false;
    bytes_ += place.size();
    return true;
  }

 private:
  static constexpr size_t kPlacesMax = 4096;
  static constexpr size_t kBytesMax = 8 << 20;
  std::set<std::string> places_;
  size_t bytes_ = 0;
};

}  // namespace sparekeep::agent

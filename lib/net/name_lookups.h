// Looks up names in threads of its own: the resolver knows no deadline, and whoever asks here does not wait. One after the other, which mostly is soon
// enough; a few at once where somebody waits.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep {

class NameLookups {
 public:
  using Addresses = std::vector<std::string>;          // in the resolver's order, the first few; one at least
  using Found = std::function<void(const Result<Addresses>& addresses)>;   // called by one of the threads at a time, or by look_up() where there is none
  NameLookups();
  ~NameLookups();                                      // nothing is called any more; lookups that are under way are left behind
  NameLookups(const NameLookups&) = delete;

  void look_up(const std::string& name, Found found);  // any thread
  void hurry();                                        // likewise: somebody waits now

 private:
  struct State;
  Result<void> add_thread();                           // the lock is held
  const std::shared_ptr<State> state_;
};

}  // namespace sparekeep

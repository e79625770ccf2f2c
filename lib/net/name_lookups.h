// Looks up names one after the other, in a thread of its own: the resolver knows no deadline, and whoever asks here does not wait.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"

namespace sparekeep {

class NameLookups {
 public:
  using Found = std::function<void(const Result<std::string>& address)>;   // the first one; called by that thread
  NameLookups();
  ~NameLookups();                                      // nothing is called any more; a lookup that is under way is left behind
  NameLookups(const NameLookups&) = delete;

  void look_up(const std::string& name, Found found);  // any thread

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace sparekeep

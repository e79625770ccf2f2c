#include "installer/install/one_host.h"

namespace sparekeep::central {

Error error_of(const std::exception& fault) {
  if (const auto* error = dynamic_cast<const Error*>(&fault)) return *error;
  return Error(ErrorKind::failed, "this is a bug in sparekeep, or memory is short: " + std::string(fault.what()));
}

bool carry_through_host(HostTasks& tasks, const std::string& host, const std::function<std::string()>& task, const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const std::exception& fault) {
    const Error error = error_of(fault);
    tasks.add(host, error.kind() == ErrorKind::unreachable ? TaskState::unreachable : TaskState::failed, task(), error.text());
    return false;
  }
}

}  // namespace sparekeep::central

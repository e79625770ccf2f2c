// The one catch at the top of a long-lived thread: what a turn of it throws (a full disk, no memory, a bug) becomes an error
// that the thread says and lives on with. Without it one failed write would end the whole program.
#pragma once

#include <functional>

#include "lib/base/error.h"

namespace sparekeep {

inline Result<void> caught(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorKind::failed, "a bug, or memory is short: " + std::string(error.what()));
  }
}

}  // namespace sparekeep

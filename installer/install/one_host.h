// Whatever fails on one host is that host's failed task: the others are carried through.
#pragma once

#include <exception>
#include <functional>

#include "lib/cli/host_tasks.h"

namespace sparekeep::central {

// Any fault as an Error of one host: what is none is a bug of ours, or of a library, and its text says so.
Error error_of(const std::exception& fault);

// True: it was carried through; else its host has a task, `task()`, that is unreachable or failed and says why.
bool carry_through_host(HostTasks& tasks, const std::string& host, const std::function<std::string()>& task, const std::function<void()>& work);

}  // namespace sparekeep::central

// The signals that ask a program to end, one set for commands and services: typed (SIGINT), sent (SIGTERM), or the terminal has gone (SIGHUP).
#pragma once

#include <csignal>

namespace sparekeep {

// SIGHUP is not among them where whoever started the program (nohup) has it ignored. Asked before it is blocked.
sigset_t stop_signals();

}  // namespace sparekeep

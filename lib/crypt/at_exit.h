// What OpenSSL frees piece by piece at the end of a process goes with the process: 0.3 ms of a command. Before anything else of this folder.
#pragma once

namespace sparekeep {

void leave_openssl_to_the_process();

}  // namespace sparekeep

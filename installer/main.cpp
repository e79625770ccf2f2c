#include <malloc.h>

#include "installer/commands/commands.h"
#include "lib/base/core_dumps.h"
#include "lib/cli/console.h"
#include "lib/cli/program.h"
#include "lib/crypt/at_exit.h"
#include "lib/crypt/chance.h"
#include "lib/crypt/few_algorithms.h"

namespace {

// Each thread's memory grows and shrinks by little: fewer calls of the kernel for a command that ends soon.
void take_memory_by_the_piece() {
  ::mallopt(M_TOP_PAD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  take_memory_by_the_piece();
  sparekeep::forbid_core_dumps();
  sparekeep::leave_openssl_to_the_process();
  sparekeep::know_few_algorithms();
  sparekeep::take_chance_from(sparekeep::system_random());
  return sparekeep::run_program(sparekeep::central::sparekeep_program(), {argv + 1, argv + argc}, sparekeep::process_environment(),
                                sparekeep::process_streams());
}

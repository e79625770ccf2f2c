#include <malloc.h>

#include "agent/commands/commands.h"
#include "lib/base/core_dumps.h"
#include "lib/cli/console.h"
#include "lib/cli/program.h"
#include "lib/crypt/chance.h"
#include "lib/crypt/few_algorithms.h"
#include "lib/host/serving.h"

namespace {

// A run's threads come and go; what they held must not stay with a service that waits. The C library keeps free memory at the end of each of its
// arenas, up to a bound that it raises by itself, and has eight arenas a processor.
void bound_free_memory() {
  ::mallopt(M_ARENA_MAX, 4);
  ::mallopt(M_TRIM_THRESHOLD, 8 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  bound_free_memory();
  sparekeep::forbid_core_dumps();
  sparekeep::block_stop_signals();
  sparekeep::know_few_algorithms();
  sparekeep::take_chance_from(sparekeep::system_random());
  return sparekeep::run_program(sparekeep::agent::agent_program(), {argv + 1, argv + argc}, sparekeep::process_environment(),
                                sparekeep::process_streams());
}

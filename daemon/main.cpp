#include "daemon/commands/commands.h"
#include "lib/base/core_dumps.h"
#include "lib/cli/console.h"
#include "lib/cli/program.h"
#include "lib/crypt/chance.h"
#include "lib/crypt/few_algorithms.h"
#include "lib/host/serving.h"

int main(int argc, char** argv) {
  sparekeep::forbid_core_dumps();
  sparekeep::block_stop_signals();
  sparekeep::know_few_algorithms();
  sparekeep::take_chance_from(sparekeep::system_random());
  return sparekeep::run_program(sparekeep::daemon::daemon_program(), {argv + 1, argv + argc}, sparekeep::process_environment(),
                                sparekeep::process_streams());
}

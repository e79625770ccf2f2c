#include "installer/commands/commands.h"
#include "lib/base/core_dumps.h"
#include "lib/cli/console.h"
#include "lib/cli/program.h"
#include "lib/crypt/at_exit.h"
#include "lib/crypt/few_algorithms.h"

int main(int argc, char** argv) {
  sparekeep::forbid_core_dumps();
  sparekeep::leave_openssl_to_the_process();
  sparekeep::know_few_algorithms();
  return sparekeep::run_program(sparekeep::central::sparekeep_program(), {argv + 1, argv + argc}, sparekeep::process_environment(),
                                sparekeep::process_streams());
}

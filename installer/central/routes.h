// The API of the central (docs/protocol.md): method x path x role, and which part answers.
#pragma once

#include <atomic>

#include "installer/central/object_intake.h"
#include "installer/central/run_board.h"
#include "installer/central/state.h"
#include "installer/central/system_board.h"
#include "lib/net/router.h"

namespace sparekeep::central {

class CertificateDesk;

constexpr int kPollsMax = 48;                      // long polls that wait at once; more are answered without waiting
constexpr size_t kCentralWorkers = 64;             // above kPollsMax: the others keep being answered

struct RouteParts {                                // all of it outlives the router
  const CentralState& state;
  Catalogue& catalogue;
  MasterHistory& masters;
  SystemBoard& systems;
  RunBoard& runs;
  ObjectIntake& intake;
  CertificateDesk& certificates;
  const Clock& clock;
  std::atomic<int>& polls;
};

Router central_routes(RouteParts parts);

}  // namespace sparekeep::central

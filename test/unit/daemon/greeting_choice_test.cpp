#include "daemon/report/greeting_choice.h"

#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

TEST_CASE("a greeting spares the report only where the answer brought it and nothing else is to be done") {
  SeededRandom random(3);
  MasterCopy kept;
  kept.file.delegation.epoch = 2, kept.file.number = 7;
  random.fill(kept.digest.value);
  const Greeting same{.took_report = true, .master = "2.7", .master_digest = kept.digest.hex()};
  CHECK(spares_report(same, &kept, false));
  CHECK_FALSE(spares_report(same, &kept, true));                       // a certificate is due
  CHECK_FALSE(spares_report(same, nullptr, false));                    // no master file yet, or a damaged one
  Greeting other = same;
  other.took_report = false;                                           // an earlier central, or one whose disk space could not be told
  CHECK_FALSE(spares_report(other, &kept, false));
  other = same, other.master = "2.8";
  CHECK_FALSE(spares_report(other, &kept, false));
  other = same, other.master_digest = Digest{}.hex();                  // another file of the same version
  CHECK_FALSE(spares_report(other, &kept, false));
  other = same, other.master.clear(), other.master_digest.clear();
  CHECK_FALSE(spares_report(other, &kept, false));
}

// Certificates of hosts that our authority was seen to have signed, kept in STATE for later commands: to read one and to verify its signature takes as long
// as the rest of a greeting. Who can write there has the authority's key. Time and revocation are looked at each time. A file that is not
// there, or whose digest is another one, is nothing: all is verified again.
#pragma once

#include <set>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/id.h"

namespace sparekeep::central {

class KnownCertificates {
 public:
  explicit KnownCertificates(Path file);
  void save(Time now) const;                       // where others were met, without those that nobody takes any more; what cannot be written is verified again

 private:
  void read(std::string_view text);
  const Path file_;
  std::set<Digest> kept_;
};

}  // namespace sparekeep::central

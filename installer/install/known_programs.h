// Which content programs on hosts have, by their stamps: number, size and moments of the last changes of a file, of which nobody can set the
// last one. What a host has digested once it need not digest again while the stamp is the same: but after a week it does, since a disk may
// spoil what nobody has changed. Noted in STATE; what is lost of it is digested again. Thread safe.
#pragma once

#include <map>
#include <mutex>

#include "installer/install/facts.h"
#include "lib/base/files.h"

namespace sparekeep::central {

constexpr Duration kStampHolds = std::chrono::hours(7 * 24);

class KnownPrograms {
 public:
  KnownPrograms(Path file, Time now);             // a file that is not there or cannot be read: nothing is known
  std::vector<std::string> stamps(const std::string& host) const;
  bool has(const std::string& host, const Digest& program) const;   // it lay there at the last look
  // Remembers what the host has digested, and puts in what it has not.
  void meet(const std::string& host, HostFacts& facts);
  void save();                                    // where something was learned; what cannot be written is asked for again

 private:
  struct Known {
    Digest digest;
    Time digested;
  };
  void read(const std::string& text);
  const Path file_;
  const Time now_;
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, Known>> hosts_;   // by name, by stamp
  bool learned_ = false;
};

}  // namespace sparekeep::central

// Does the central reach the port of a daemon? Asked beside the login to its host: the way there and back costs no time of its own, and what the
// daemon has to say its host tells (facts.h, `hello`), for a fraction of what a greeting from here takes.
#pragma once

#include <future>
#include <string>
#include <vector>

#include "inventory/master/master_file.h"
#include "lib/base/descriptor.h"
#include "lib/net/endpoint.h"
#include "lib/net/name_lookups.h"

namespace sparekeep::central {

constexpr Duration kReachLimit = std::chrono::seconds(5);

// The one of that name which has reported; a host that was made anew has another id than the undeclared one before it. Null: there is none to ask.
const StorageSystem* system_to_reach(const std::vector<StorageSystem>& systems, const std::string& name);

class ReachProbe {
 public:
  ReachProbe(const Endpoint& daemon, NameLookups& lookups, const Clock& clock);   // begins; a name is looked up meanwhile, and each address of it counts
  bool opens();                                        // somebody took the connection, kReachLimit after the beginning at the latest; asked once

 private:
  struct Begun {
    Descriptor socket;                                 // on its way to be connected; none: no address is left
    std::vector<std::string> others;                   // addresses not tried yet, the next one last
  };
  static Begun begin(std::vector<std::string> addresses, uint16_t port);
  bool connects(const Begun& begun) const;             // within its part of the time that is left

  NameLookups& lookups_;
  const uint16_t port_;
  const Deadline deadline_;
  std::future<Begun> looked_up_;                       // of a name: begun as soon as that is known
  Begun begun_;
};

}  // namespace sparekeep::central

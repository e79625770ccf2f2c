#include "installer/install/reach_probe.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "lib/net/connector.h"

namespace sparekeep::central {

const StorageSystem* system_to_reach(const std::vector<StorageSystem>& systems, const std::string& name) {
  const auto found = std::find_if(systems.begin(), systems.end(), [&](const StorageSystem& system) {
    return system.name == name && system.port != 0 && system.reported != Time{} && system.state != SystemState::undeclared;
  });
  return found == systems.end() ? nullptr : &*found;
}

ReachProbe::ReachProbe(const Endpoint& daemon, NameLookups& lookups, const Clock& clock)
    : lookups_(lookups), port_(daemon.port), deadline_(clock, kReachLimit) {
  if (is_address(daemon.host)) {
    begun_ = begin({daemon.host}, port_);
    return;
  }
  const auto begun = std::make_shared<std::promise<Begun>>();
  looked_up_ = begun->get_future();
  lookups.look_up(daemon.host, [begun, port = port_](const Result<NameLookups::Addresses>& found) {
    begun->set_value(found ? begin({found->rbegin(), found->rend()}, port) : Begun());
  });
}

ReachProbe::Begun ReachProbe::begin(std::vector<std::string> addresses, uint16_t port) {
  while (!addresses.empty()) {
    Result<Descriptor> socket = begin_connecting({addresses.back(), port});
    addresses.pop_back();
    if (socket) return {std::move(*socket), std::move(addresses)};
  }
  return {};
}

// An address that nobody answers at leaves the others their part of what is left.
bool ReachProbe::connects(const Begun& begun) const {
  const Duration part = deadline_.left() / static_cast<int64_t>(begun.others.size() + 1);
  pollfd ready{begun.socket.get(), POLLOUT, 0};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(part).count();
  return ::poll(&ready, 1, static_cast<int>(milliseconds)) > 0 && finish_connecting(begun.socket);
}

// Reset in the place of closed: one packet, and no port that stays taken for a minute.
bool ReachProbe::opens() {
  if (looked_up_.valid()) {
    if (looked_up_.wait_for(Duration(0)) != std::future_status::ready) lookups_.hurry();
    if (looked_up_.wait_for(deadline_.left()) != std::future_status::ready) return false;
    begun_ = looked_up_.get();
  }
  while (begun_.socket && !connects(begun_)) begun_ = begin(std::move(begun_.others), port_);
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (begun_.socket) ::setsockopt(begun_.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return std::exchange(begun_, {}).socket ? true : false;
}

}  // namespace sparekeep::central

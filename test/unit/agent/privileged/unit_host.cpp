#include "test/unit/agent/privileged/unit_host.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "lib/wire/json.h"

namespace sparekeep {

namespace {

constexpr uid_t kNobody = 65534;
constexpr Duration kPatience = std::chrono::seconds(20);

void write(const Path& file, ByteSpan bytes) { write_durably(file, bytes).value(); }

}  // namespace

UnitHost::UnitHost(const std::string& authority_pem) : self(trust.random.id<HostId>()), agent_uid(::geteuid() == 0 ? kNobody : ::geteuid()) {
  trust.delegation.authority_pem = authority_pem;
  ::chmod(folder_.path().c_str(), 0755);                         // the agent's user must reach its own files
  make_folders(paths().settings()).value();
  make_folders(paths().agent_state().parent_path()).value();
  make_folders(paths().agent_state(), 0700).value();
  if (::geteuid() == 0 && ::chown(paths().agent_state().c_str(), kNobody, kNobody) != 0) throw system_error("chown", errno);
  write(paths().agent_settings(), as_bytes("host = \"web1\"\nroot_key = \"" + trust.root.public_key().hex() +
                                           "\"\nallow_restore_to = [\"" + (folder_ / "allowed").string() + "\"]\n[central]\naddress = \"127.0.0.1\"\nport = 1\n"));
  write(paths().host_id(), as_bytes(self.hex() + "\n"));
  write(paths().delegation(), write_delegation(trust.delegation, trust.root));
}

Order UnitHost::order(const std::string& kind) {
  Order order;
  order.kind = kind, order.run = system_random().id<RunId>(), order.host = self, order.job_name = "job", order.host_name = "web1";
  order.issued = system_clock().now(), order.expires = order.issued + std::chrono::hours(1);
  return order;
}

SignedOrder UnitHost::unsign(const Order& order) { return {to_json(order), "", ""}; }

SignedOrder UnitHost::sign(const Order& order) const {
  SignedOrder signed_order = unsign(order);
  signed_order.key = trust.admin.public_key().hex();
  signed_order.signature = trust.admin.sign(kOrderDomain, as_bytes(signed_order.text)).hex();
  return signed_order;
}

PrivilegedAnswer UnitHost::answer_to_bytes(agent::Unit unit, ByteSpan bytes, bool cut) const {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("socketpair", errno);
  Descriptor theirs(ends[1]);
  agent::UnitWorld unit_world = world();
  unit_world.request_within = std::chrono::milliseconds(300);
  std::thread serving([&, socket = theirs.release()] { static_cast<void>(agent::serve_order(unit, Descriptor(socket), unit_world)); });
  agent::Channel caller(Descriptor(ends[0]), kPrivilegedAnswerMax);
  std::signal(SIGPIPE, SIG_IGN);                                 // it may have refused already, and closed
  static_cast<void>(write_all(ends[0], bytes));
  if (cut) ::shutdown(ends[0], SHUT_WR);
  const Result<std::string> answer = caller.receive(Deadline(system_clock(), kPatience));
  serving.join();
  return from_json<PrivilegedAnswer>(answer.value()).value();
}

PrivilegedAnswer UnitHost::answer_to(agent::Unit unit, const PrivilegedRequest& request) const { return answer_to_bytes(unit, frame(to_json(request))); }

}  // namespace sparekeep

#include "installer/ssh/ssh_session.h"

#include "installer/ssh/authentication.h"
#include "installer/ssh/host_key.h"
#include "installer/ssh/no_sigpipe.h"
#include "installer/ssh/proxy_command.h"
#include "installer/ssh/ssh_channel.h"
#include "installer/ssh/stage.h"
#include "installer/ssh/tcp_connection.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/net/endpoint.h"

namespace sparekeep::central {

namespace {

constexpr const char* kNoAgent = "/dev/null";    // no socket: libssh takes the agent for one that does not run; IdentityAgent of ~/.ssh/config lies over it

// What processors have instructions for comes first: libssh would take ChaCha20, which costs several times as much. Nothing else is left out or added.
constexpr const char* kCiphers = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";

}  // namespace

std::string ssh_option(ssh_session session, ssh_options_e option) {
  char* value = nullptr;
  if (ssh_options_get(session, option, &value) != SSH_OK || !value) return "";
  const TextHandle owner(value);
  return value;
}

SshTarget ssh_target(const Host& host, const std::string& home) {
  SshTarget target{.name = host.name, .address = {}, .user = {}, .port = {}, .identity = host.identity, .host_keys = host.host_keys, .home = home};
  if (host.given.address) target.address = host.address;
  if (host.given.user) target.user = host.user;
  if (host.given.port) target.port = host.port;
  return target;
}

struct SshSession::Parts {
  Parts(SshTarget given, KeyRing& keys, const Clock& time) : target(std::move(given)), ring(keys), clock(time) {}
  const SshTarget target;
  KeyRing& ring;
  const Clock& clock;
  std::string local_address = {};
  std::optional<ProxyCommand> proxy = {};        // ended after the session that it carries
  ssh_callbacks_struct callbacks{};              // libssh keeps its address and looks there at every exchange of keys
  SessionHandle session = {};
  bool open = false;
  bool without_agents = false;
};

SshSession::SshSession(SshTarget target, KeyRing& ring, const Clock& clock) : parts_(std::make_unique<Parts>(std::move(target), ring, clock)) {}

SshSession::~SshSession() {
  const NoSigpipe no_sigpipe;
  if (parts_->session) ssh_disconnect(parts_->session.get());
  parts_->session.reset();
}

bool SshSession::is_open() const { return parts_->open; }
std::string SshSession::local_address() const { return parts_->local_address; }

// ~/.ssh/config first, then what the inventory gave lies over it.
Result<void> SshSession::configure() {
  const SshTarget& target = parts_->target;
  parts_->session.reset();
  parts_->proxy.reset();
  parts_->session.reset(ssh_new());
  ssh_session session = parts_->session.get();
  if (!session) return Error(ErrorKind::failed, "no SSH session could be made");
  ssh_callbacks_init(&parts_->callbacks);
  ssh_set_callbacks(session, &parts_->callbacks);
  const std::string folder = target.home + "/.ssh";
  if (::euidaccess(folder.c_str(), R_OK | X_OK) != 0 && errno != ENOENT && errno != ENOTDIR)
    return Error(ErrorKind::unreachable, system_error("reading " + in_quotes(folder), errno).text() + "; keys, settings and known hosts are expected there");
  ssh_options_set(session, SSH_OPTIONS_SSH_DIR, folder.c_str());
  const auto refused = [&](const std::string& what) { return Error(ErrorKind::unreachable, what + ": " + ssh_fault(session)); };
  if (parts_->ring.agent_is_silent(parts_->clock)) ssh_options_set(session, SSH_OPTIONS_IDENTITY_AGENT, kNoAgent);
  if (ssh_options_set(session, SSH_OPTIONS_HOST, target.name.c_str()) != SSH_OK) return refused("the name " + in_quotes(target.name));
  for (const ssh_options_e way : {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}) ssh_options_set(session, way, kCiphers);
  if (ssh_options_parse_config(session, nullptr) != SSH_OK) return refused("reading " + in_quotes(folder + "/config"));
  const int always = 1;                            // host_keys of the inventory lies over StrictHostKeyChecking, with which libssh takes any key
  ssh_options_set(session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &always);
  parts_->without_agents = parts_->ring.agents_are_left_out();
  if (parts_->without_agents) ssh_options_set(session, SSH_OPTIONS_IDENTITY_AGENT, kNoAgent);
  if (target.address && ssh_options_set(session, SSH_OPTIONS_HOST, target.address->c_str()) != SSH_OK) return refused("the address " + in_quotes(*target.address));
  const std::string user = target.user ? *target.user : ssh_option(session, SSH_OPTIONS_USER);
  ssh_options_set(session, SSH_OPTIONS_USER, user.empty() ? "root" : user.c_str());
  if (target.port) {
    const unsigned port = *target.port;
    ssh_options_set(session, SSH_OPTIONS_PORT, &port);
  }
  ssh_set_blocking(session, 0);
  return {};
}

// libssh runs a proxy itself, but waits for its end without a deadline, and the proxy has the signals blocked that are blocked here.
Result<Descriptor> SshSession::start_proxy(const std::string& command) {
  ssh_session session = parts_->session.get();
  ProxyTarget proxy{.command = command, .host = ssh_option(session, SSH_OPTIONS_HOST), .name = parts_->target.name,
                    .user = ssh_option(session, SSH_OPTIONS_USER), .home = parts_->target.home};
  ssh_options_get_port(session, &proxy.port);
  proxy.without_agent = parts_->ring.agent_is_silent(parts_->clock) || parts_->without_agents;
  Result<ProxyCommand> started = ProxyCommand::start(proxy, parts_->ring.proxies());
  if (!started) return Error(ErrorKind::unreachable, started.error().text());
  ssh_options_set(session, SSH_OPTIONS_PROXYCOMMAND, "none");
  parts_->proxy.emplace(std::move(*started));
  return parts_->proxy->take_socket();
}

Result<Descriptor> SshSession::reach() {
  ssh_session session = parts_->session.get();
  const std::string proxy = ssh_option(session, SSH_OPTIONS_PROXYCOMMAND);
  if (!proxy.empty() && proxy != "none") return start_proxy(proxy);
  unsigned port = 22;
  ssh_options_get_port(session, &port);
  Result<Descriptor> socket = connect_tcp({ssh_option(session, SSH_OPTIONS_HOST), static_cast<uint16_t>(port)}, parts_->clock);
  if (socket) parts_->local_address = central::local_address(*socket);
  return socket;
}

// What a proxy said itself tells more than that the connection through it was closed. Its command is not shown: it may hold a password.
Error SshSession::not_connected(const Result<int>& state) const {
  const std::string fault = state ? ssh_fault(parts_->session.get()) : state.error().text();
  if (!parts_->proxy)
    return Error(ErrorKind::unreachable, state ? "no SSH session: " + fault + "; is it sshd that listens there, and does it take the algorithms of ~/.ssh/config? " +
                                                     "try by hand to log in there with ssh"
                                               : fault + "; it took the connection and does not speak SSH, or is frozen");
  const std::string words = parts_->proxy->last_words();
  const std::string why = words.empty() ? fault : state ? words : fault + ", " + words;
  return Error(ErrorKind::unreachable, "no SSH session through the proxy that ~/.ssh/config names: " + why + "; try by hand to log in there with ssh");
}

Result<void> SshSession::connect() {
  ssh_session session = parts_->session.get();
  Result<Descriptor> socket = reach();
  if (!socket) return socket.error();
  const socket_t fd = socket->release();
  ssh_options_set(session, SSH_OPTIONS_FD, &fd);
  const Result<int> connected = carry_through(session, parts_->clock, kKeyExchangeStage, SSH_AGAIN, [&] { return ssh_connect(session); });
  if (!connected || *connected != SSH_OK) return not_connected(connected);
  tell(2, "connected to " + where() + ", keys are exchanged with " + host_key_text(session));
  return {};
}

Result<void> SshSession::open() {
  const NoSigpipe no_sigpipe;
  if (parts_->open) return {};
  if (Result<void> done = configure(); !done) return done;
  const Duration began = parts_->clock.boot_time();
  if (Result<void> done = connect(); !done) return done;
  if (Result<void> done = check_host_key(parts_->session.get(), parts_->target, parts_->ring); !done) return done;
  const Duration connected = parts_->clock.boot_time();
  std::shared_ptr<WatchedCall> abandoned;
  const Result<std::string> by = authenticate({parts_->session.get(), parts_->callbacks, abandoned}, parts_->target, parts_->ring, parts_->clock);
  if (abandoned) return open_without_agents(*abandoned, by.error());
  if (!by) return by.error();
  parts_->open = true;
  tell(1, where() + " by " + *by + ", host key " + host_key_text(parts_->session.get()) + "; connection and key exchange " + milliseconds_text(connected - began) +
              ", login " + milliseconds_text(parts_->clock.boot_time() - connected));
  return {};
}

void SshSession::tell(int level, const std::string& text) const { parts_->ring.tell(level, parts_->target.name + ": " + text); }

// "root@192.0.2.11:22", and whether through a proxy: the command of one may hold a password.
std::string SshSession::where() const {
  ssh_session session = parts_->session.get();
  unsigned port = 22;
  ssh_options_get_port(session, &port);
  const std::string to = ssh_option(session, SSH_OPTIONS_USER) + "@" + to_string(Endpoint{ssh_option(session, SSH_OPTIONS_HOST), static_cast<uint16_t>(port)});
  return parts_->proxy ? to + " through a proxy" : to;
}

// The call of libssh that an agent holds up has its session for as long as that lasts: it is left to it, and another one made, once.
Result<void> SshSession::open_without_agents(WatchedCall& call, const Error& why) {
  const std::shared_ptr<Parts> left(std::move(parts_));
  call.keeps = left;
  left->proxy.reset();
  parts_ = std::make_unique<Parts>(left->target, left->ring, left->clock);
  if (left->without_agents) return why;
  parts_->ring.leave_agents_out(parts_->target.name);
  return open();
}

Result<ScriptResult> SshSession::exec(const SshExec& exec, ScriptTalk& talk) {
  const NoSigpipe no_sigpipe;
  SshChannel channel(parts_->session.get(), parts_->clock);
  const Duration began = parts_->clock.boot_time();
  if (Result<void> started = channel.start(exec.command); !started) return started.error();
  Result<ScriptResult> result = channel.carry(exec, talk);
  if (result)
    tell(2, "a script ran for " + milliseconds_text(parts_->clock.boot_time() - began) + ", exit " + std::to_string(result->exit_code) + ", " +
                format_size(result->out.size()) + " of output");
  return result;
}

}  // namespace sparekeep::central

// Every kind of wrong request is refused by the unit itself, before anything is done, with a message of its own.
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/wire/json.h"
#include "test/support/catch.h"
#include "test/unit/agent/privileged/unit_host.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Fixture : UnitHost {
  Order hooks(const std::string& line = "true") {
    Order made = order("backup");
    made.backup.before = {{.run = line}};
    return made;
  }
  std::string refusal(Unit unit, std::string_view step, const SignedOrder& signed_order) const {
    const PrivilegedAnswer answer = answer_to(unit, request(step, signed_order));
    return answer.state + ": " + answer.kind + ": " + answer.text;
  }
  std::string refusal_of_bytes(ByteSpan bytes, bool cut = false) const {
    const PrivilegedAnswer answer = answer_to_bytes(Unit::hook, bytes, cut);
    return answer.state + ": " + answer.kind + ": " + answer.text;
  }
};

}  // namespace

TEST_CASE("a signed order runs its hooks once, and a copy of it does nothing but hear what came of it") {
  Fixture host;
  const Path trace = host.paths().root / "trace";
  const Order order = host.hooks("echo ran >> '" + trace.native() + "'");
  const PrivilegedAnswer first = host.answer_to(Unit::hook, UnitHost::request(kBeforeStep, host.sign(order)));
  CHECK(first.text == "");
  CHECK(first.state == "result");
  CHECK(first.result.run == order.run);
  CHECK(first.result.state == "complete");
  const PrivilegedAnswer second = host.answer_to(Unit::hook, UnitHost::request(kBeforeStep, host.sign(order)));
  CHECK(to_json(second) == to_json(first));
  std::filesystem::remove(host.paths().order_register() / (order.run.hex() + ".before.outcome"));           // of an older release
  CHECK(host.refusal(Unit::hook, kBeforeStep, host.sign(order)) == "failed: exists: run " + order.run.hex() + ": its 'before' was carried out already");
  CHECK(read_text(trace, 100).value() == "ran\n");
  CHECK(host.answer_to(Unit::hook, UnitHost::request(kAfterStep, host.sign(order))).state == "result");     // another step of the run
}

TEST_CASE("an order that no admin of this host signed is refused") {
  Fixture host;
  const Order order = host.hooks();
  SignedOrder forged = host.sign(order);
  forged.text.replace(forged.text.find("true"), 4, "evil");
  CHECK(host.refusal(Unit::hook, kBeforeStep, forged) == "failed: denied: the order's signature does not fit its text");
  forged = host.sign(order);
  forged.key = host.trust.signer.public_key().hex();
  CHECK(host.refusal(Unit::hook, kBeforeStep, forged) == "failed: denied: the order is signed by nobody whom this host knows as an admin");
  forged.key = "zz";
  CHECK(host.refusal(Unit::hook, kBeforeStep, forged) == "failed: denied: the order is signed by nobody whom this host knows as an admin");
  CHECK(host.refusal(Unit::hook, kBeforeStep, UnitHost::unsign(order)) == "failed: denied: hooks need an admin's signature");
  CHECK(list_folder(host.paths().order_register()).has_error());                                            // nothing was even begun
}

TEST_CASE("an order for another host, of another time or form, or without a signature where one is needed, is refused") {
  Fixture host;
  Order order = host.hooks();
  order.host.value[0] ^= 1;
  CHECK(host.refusal(Unit::hook, kBeforeStep, host.sign(order)) == "failed: denied: the order is for host " + order.host.hex());
  order = host.hooks();
  order.expires = Time{1'700'000'000'000'000'000};
  CHECK(host.refusal(Unit::hook, kBeforeStep, host.sign(order)) == "failed: denied: the order expired at 2023-11-14T22:13:20Z");
  order = host.hooks();
  order.format = kOrderFormatMax + 1;
  CHECK(host.refusal(Unit::hook, kBeforeStep, host.sign(order)) ==
        "failed: unsupported: an order of format " + std::to_string(kOrderFormatMax + 1) + "; upgrade this host");
  order = host.order("restore");
  order.restore.target = "/etc";
  const std::string allowed = (host.paths().root / "allowed").native();
  CHECK(host.refusal(Unit::restore, kRestoreStep, UnitHost::unsign(order)) ==
        "failed: denied: a restore to '/etc' needs an admin's signature; without one only below " + allowed);
  order.restore.target = allowed + "/../../etc";
  CHECK(host.refusal(Unit::restore, kRestoreStep, UnitHost::unsign(order)) ==
        "failed: denied: a restore to '" + allowed + "/../../etc', which is not a plain absolute path");
}

TEST_CASE("each unit takes its own steps only") {
  Fixture host;
  Order to_restore = host.order("restore");
  to_restore.restore.target = "/restore";
  const SignedOrder hooks = host.sign(host.hooks()), restore = host.sign(to_restore);
  CHECK(host.refusal(Unit::restore, kBeforeStep, hooks) == "failed: denied: the restore unit takes no step 'before' of an order of kind 'backup'");
  CHECK(host.refusal(Unit::restore, kRestoreStep, hooks) == "failed: denied: the restore unit takes no step 'restore' of an order of kind 'backup'");
  CHECK(host.refusal(Unit::hook, kRestoreStep, restore) == "failed: denied: the hook unit takes no step 'restore' of an order of kind 'restore'");
  CHECK(host.refusal(Unit::hook, kBeforeStep, restore) == "failed: denied: the hook unit takes no step 'before' of an order of kind 'restore'");
  CHECK(host.refusal(Unit::hook, "../x", hooks) == "failed: denied: the hook unit takes no step '../x' of an order of kind 'backup'");
}

TEST_CASE("what is no request is refused") {
  Fixture host;
  PrivilegedRequest request = UnitHost::request(kBeforeStep, host.sign(host.hooks()));
  request.protocol = 3;
  CHECK(host.refusal_of_bytes(frame(to_json(request))) == "failed: unsupported: the request is of protocol 3, more than one apart from 1 of this program");
  CHECK(host.refusal_of_bytes(frame("{}")) == "failed: unsupported: the request names no protocol");
  CHECK(host.refusal_of_bytes(frame("{]")) == "failed: corrupt: the request: not JSON: syntax error");
  CHECK(host.refusal_of_bytes(frame("{\"step\":1}")) == "failed: corrupt: the request: step: expected a string");
  CHECK(host.refusal_of_bytes(Bytes{0xff, 0xff, 0xff, 0x7f}) == "failed: corrupt: the request: a message of 2147483647 bytes; at most 4194304");
  CHECK(host.refusal_of_bytes(Bytes{9, 0, 0, 0, '{'}, true) == "failed: corrupt: the request: the connection ended inside a message");
  CHECK(host.refusal_of_bytes({}, true) == "failed: closed: the request: the other side closed the connection");
  CHECK(host.refusal_of_bytes(Bytes{9, 0}) == "failed: timeout: the request: waiting for a message took longer than 300 ms");
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  CHECK(serve_order(Unit::hook, Descriptor(::dup(nothing.get())), host.world()).error().text() ==
        "standard input is not a local connection; the units sparekeep-restore and sparekeep-hook start this command");
}

TEST_CASE("folders may be links that root made, to where others cannot write") {
  Fixture host;
  const auto moved_behind_link = [&](const Path& folder, const Path& to) {
    std::filesystem::rename(folder, to);
    std::filesystem::create_directory_symlink(to, folder);
  };
  moved_behind_link(host.paths().settings(), host.paths().root / "moved-settings");
  moved_behind_link(host.paths().agent_state(), host.paths().root / "moved-state");
  const SignedOrder order = host.sign(host.hooks());
  CHECK(host.answer_to(Unit::hook, UnitHost::request(kBeforeStep, order)).state == "result");
  const SignedOrder another = host.sign(host.hooks());
  REQUIRE(::chmod(host.paths().root.c_str(), 0777) == 0);
  CHECK(host.refusal(Unit::hook, kBeforeStep, another) == "failed: denied: '" + host.paths().root.native() + "' can be written by others than root");
}

TEST_CASE("files that others than root can write are not believed") {
  Fixture host;
  const SignedOrder order = host.sign(host.hooks());
  for (const Path& file : {host.paths().settings(), host.paths().agent_settings(), host.paths().delegation(), host.paths().host_id()}) {
    struct stat facts {};
    REQUIRE(::stat(file.c_str(), &facts) == 0);
    REQUIRE(::chmod(file.c_str(), 0777) == 0);
    CHECK(host.refusal(Unit::hook, kBeforeStep, order) == "failed: denied: '" + file.native() + "' can be written by others than root");
    REQUIRE(::chmod(file.c_str(), facts.st_mode & 07777) == 0);
  }
  make_folders(host.paths().order_register(), 0700).value();
  REQUIRE(::chmod(host.paths().order_register().c_str(), 0777) == 0);
  CHECK(host.refusal(Unit::hook, kBeforeStep, order) == "failed: denied: '" + host.paths().order_register().native() +
                                                            "' can be written by others; it must be a folder of root's own, of mode 0700");
}

TEST_CASE("a hook that fails is told, and may be begun again a few times") {
  Fixture host;
  const SignedOrder order = host.sign(host.hooks("echo no luck; exit 3"));
  for (int i = 0; i < 4; ++i) CHECK(host.refusal(Unit::hook, kBeforeStep, order) == "failed: failed: hook 'echo no luck; exit 3' exited with 3: no luck\\x0a");
  const std::string run = from_json<Order>(order.text).value().run.hex();
  CHECK(host.refusal(Unit::hook, kBeforeStep, order) == "failed: denied: run " + run + ": its 'before' was begun 4 times, and never completed");
}

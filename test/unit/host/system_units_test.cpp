// systemd's answers, and what is none: read or refused, in time. A socket of the test speaks in its place.
#include "lib/host/system_units.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include "lib/base/clock.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

constexpr char kAnswer = 2, kFault = 3, kSignal = 4;

void align(std::string& bytes, size_t to) { bytes.resize((bytes.size() + to - 1) / to * to); }

std::string number(uint32_t value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); }

std::string text(const std::string& value) { return number(static_cast<uint32_t>(value.size())) + value + '\0'; }

std::string variant(const std::string& type, const std::string& value) {
  std::string out = static_cast<char>(type.size()) + type + '\0';
  align(out, 4);
  return out + value;
}

std::string list(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) align(out, 4), out += text(value);
  return number(static_cast<uint32_t>(out.size())) + out;
}

// As dbus-monitor shows systemd's own: order, type, flags, version; lengths; the number answered (5), the signature of the body (8).
std::string message(char type, const std::string& body) {
  std::string fields = std::string("\5\1u\0", 4) + number(1);
  fields += std::string("\10\1g\0\1v\0", 7);
  std::string out = std::string("l") + type + '\1' + '\1' + number(static_cast<uint32_t>(body.size())) + number(1) +
                    number(static_cast<uint32_t>(fields.size())) + fields;
  align(out, 8);
  return out + body;
}

const std::string kWelcome = "OK 11111111222222223333333344444444\r\n";

struct Said {
  std::string load = "loaded", state = "active";
  uint32_t needs_reload = 0, pid = 4711;
  std::vector<std::string> drop_ins = {"/etc/systemd/system/a.service.d/own.conf", "/run/b.conf"};

  std::vector<std::string> answers() const {
    return {message(kAnswer, variant("s", text(load))), message(kAnswer, variant("s", text(state))), message(kAnswer, variant("b", number(needs_reload))),
            message(kAnswer, variant("as", list(drop_ins))), message(kAnswer, variant("u", number(pid)))};
  }
  std::string whole() const {
    std::string out = kWelcome;
    for (const std::string& answer : answers()) out += answer;
    return out;
  }
};

// Hears the questions of one after the other, says what it is to say, and hangs up, or stays on the line.
class FakeSystemd {
 public:
  enum class End { hangs_up, stays, repeats };

  FakeSystemd() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    thread_ = std::jthread([this] {
      while (serve()) {}
    });
  }
  ~FakeSystemd() { ::shutdown(listener_.get(), SHUT_RDWR); }

  std::optional<std::vector<SystemUnit>> ask(const std::string& said, End end = End::hangs_up, std::chrono::milliseconds patience = kSystemdPatience) {
    {
      const std::lock_guard lock(mutex_);             // the caller before may have given up, and is still being told
      said_ = said, end_ = end;
    }
    return system_units({"a.service"}, path_, patience);
  }
  size_t piece = SIZE_MAX;                          // that is said at once

 private:
  bool serve() {
    const Descriptor caller(::accept(listener_.get(), nullptr, nullptr));
    if (!caller) return false;
    const auto [said, end] = [this] {
      const std::lock_guard lock(mutex_);
      return std::pair(said_, end_);
    }();
    std::string heard;
    char buffer[4096];
    const auto hear = [&] {
      const ssize_t count = ::recv(caller.get(), buffer, sizeof buffer, 0);
      if (count > 0) heard.append(buffer, static_cast<size_t>(count));
      return count > 0;
    };
    while (heard.find("BEGIN\r\n") == std::string::npos && hear()) {}
    bool listens = say(caller.get(), said);
    while (end == End::repeats && listens) listens = say(caller.get(), message(kSignal, "s"));
    if (end == End::hangs_up) ::shutdown(caller.get(), SHUT_WR);
    while (hear()) {}
    return true;
  }

  bool say(int caller, const std::string& bytes) const {
    for (size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at))
      if (::send(caller, bytes.data() + at, std::min(piece, bytes.size() - at), MSG_NOSIGNAL) < 0) return false;
    return true;
  }

  TemporaryFolder folder_;
  const Path path_ = folder_ / "private";
  Descriptor listener_;
  std::mutex mutex_;                                  // over the two below
  std::string said_;
  End end_ = End::hangs_up;
  std::jthread thread_;
};

void check_whole(const std::optional<std::vector<SystemUnit>>& units, const Said& said) {
  REQUIRE(units);
  REQUIRE(units->size() == 1);
  CHECK(units->at(0).name == "a.service");
  CHECK(units->at(0).load == said.load);
  CHECK(units->at(0).state == said.state);
  CHECK(units->at(0).pid == said.pid);
  CHECK(units->at(0).needs_reload == (said.needs_reload != 0));
  CHECK(units->at(0).drop_ins == said.drop_ins);
}

}  // namespace

TEST_CASE("what systemd says of a unit, in pieces and between other news") {
  FakeSystemd systemd;
  Said said;
  SECTION("at once") {}
  SECTION("byte by byte") { systemd.piece = 1; }
  SECTION("otherwise") { said = {.load = "error", .state = "failed", .needs_reload = 1, .pid = 0, .drop_ins = {}}; }
  check_whole(systemd.ask(said.whole()), said);
  std::string between = kWelcome;
  for (const std::string& answer : said.answers()) between += message(kSignal, variant("s", text("JobNew"))) + answer;
  check_whole(systemd.ask(between), said);
}

TEST_CASE("an answer that is none is not taken for one") {
  FakeSystemd systemd;
  std::vector<std::string> answers = Said().answers();
  std::string welcome = kWelcome;
  SECTION("an error") { answers[2] = message(kFault, variant("s", text("Unknown unit"))); }
  SECTION("another order of bytes") { answers[0][0] = 'B'; }
  SECTION("a refusal") { welcome = "REJECTED EXTERNAL\r\n"; }
  SECTION("a value of another type") { answers[4] = message(kAnswer, variant("s", text("4711"))); }
  SECTION("a list in the place of a text") { answers[0] = message(kAnswer, variant("as", list({"active"}))); }
  SECTION("a type without a value") { answers[4] = message(kAnswer, std::string("\1u\0\0", 4)); }
  SECTION("no body") { answers[4] = message(kAnswer, ""); }
  SECTION("a type that is longer than all") { answers[4] = message(kAnswer, "\xff" "u"); }
  SECTION("a list that is longer than all") { answers[3] = message(kAnswer, variant("as", number(4000) + text("x"))); }
  SECTION("a list that is shorter than what stands there") { answers[3] = message(kAnswer, variant("as", number(0) + text("x"))); }
  SECTION("a text that is longer than its list") { answers[3] = message(kAnswer, variant("as", number(8) + number(4) + "abcd")); }
  SECTION("a text without a zero") { answers[0] = message(kAnswer, variant("s", number(3) + "abcd")); }
  for (const std::string& answer : answers) welcome += answer;
  CHECK(!systemd.ask(welcome));
}

TEST_CASE("what breaks off anywhere is refused") {
  FakeSystemd systemd;
  const std::string whole = Said().whole();
  for (size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK(!systemd.ask(whole.substr(0, length)));
  }
}

TEST_CASE("whatever number stands in a message, it ends") {
  FakeSystemd systemd;
  const std::string whole = Said().whole();
  size_t refused = 0;
  for (size_t at = kWelcome.size(); at + 4 <= whole.size(); ++at)
    for (const uint32_t wrong : {0U, 1U, 0xffU, 1U << 20, 0x7fffffffU, 0xfffffffcU, 0xffffffffU}) {
      std::string bytes = whole;
      std::memcpy(bytes.data() + at, &wrong, sizeof wrong);
      const std::optional<std::vector<SystemUnit>> units = systemd.ask(bytes);
      CHECK((!units || units->size() == 1));
      refused += units ? 0 : 1;
    }
  CHECK(refused > 500);
}

TEST_CASE("systemd is waited for once, not for each piece") {
  FakeSystemd systemd;
  const Duration began = system_clock().boot_time();
  const std::string whole = Said().whole();
  constexpr std::chrono::milliseconds kPatience(100);
  for (const size_t length : {size_t{0}, kWelcome.size(), kWelcome.size() + 30, whole.size() - 1})
    CHECK(!systemd.ask(whole.substr(0, length), FakeSystemd::End::stays, kPatience));
  for (const std::string& begun : {std::string(), kWelcome, kWelcome + Said().answers()[0]}) CHECK(!systemd.ask(begun, FakeSystemd::End::repeats, kPatience));
  CHECK(system_clock().boot_time() - began < std::chrono::seconds(20));
}

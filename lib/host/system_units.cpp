#include "lib/host/system_units.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include <bit>
#include <cstring>

namespace sparekeep {

namespace {

constexpr size_t kAnswerMax = 1 << 20, kHead = 16;
constexpr uint8_t kCall = 1, kAnswer = 2, kFault = 3;

// Numbers are those of this machine: a message says in its first byte which order it has.
constexpr char kOrder = std::endian::native == std::endian::little ? 'l' : 'B';

size_t padded(size_t size, size_t to) { return (size + to - 1) / to * to; }

class Writer {
 public:
  void align(size_t to) { bytes_.resize(padded(bytes_.size(), to)); }
  void byte(uint8_t value) { bytes_ += static_cast<char>(value); }
  void number(uint32_t value) {
    align(sizeof value);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    bytes_.append(value).append(1, '\0');
  }
  void signature(std::string_view value) {
    byte(static_cast<uint8_t>(value.size()));
    bytes_.append(value).append(1, '\0');
  }
  void field(uint8_t code, char type, std::string_view value) {
    align(8);
    byte(code), signature(std::string_view(&type, 1));
    if (type == 'g') signature(value);
    else text(value);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// "sparekeepd.service" is "sparekeepd_2eservice".
std::string object_of(const std::string& unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string path = "/org/freedesktop/systemd1/unit/";
  for (const char c : unit) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) path += c;
    else path += std::string("_") + kDigits[byte >> 4] + kDigits[byte & 15];
  }
  return path;
}

struct Property {
  std::string unit;
  std::string_view interface, name;
};

std::string question(const Property& property, uint32_t serial) {
  Writer fields, body, head;
  fields.field(1, 'o', object_of(property.unit));
  fields.field(2, 's', "org.freedesktop.DBus.Properties");
  fields.field(3, 's', "Get");
  fields.field(8, 'g', "ss");
  body.text(property.interface), body.text(property.name);
  head.byte(static_cast<uint8_t>(kOrder)), head.byte(kCall), head.byte(0), head.byte(1);
  head.number(static_cast<uint32_t>(body.bytes().size())), head.number(serial), head.number(static_cast<uint32_t>(fields.bytes().size()));
  std::string message = head.bytes() + fields.bytes();
  message.resize(padded(message.size(), 8));
  return message + body.bytes();
}

std::optional<uint32_t> number_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  if (at > bytes.size() || bytes.size() - at < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// A value of the types that are asked for: b, u, s or as.
struct Value {
  std::string type;
  uint32_t number = 0;
  std::vector<std::string> texts = {};
};

// All that stand from `at` to the end, each with its length and a zero.
std::optional<std::vector<std::string>> texts_of(std::string_view bytes, size_t at) {
  std::vector<std::string> texts;
  while (at < bytes.size()) {
    const std::optional<uint32_t> length = number_at(bytes, at);
    if (!length || *length >= bytes.size() - at - 4 || bytes[at + 4 + *length] != '\0') return std::nullopt;
    texts.emplace_back(bytes.substr(at + 4, *length));
    at = padded(at + 4 + *length + 1, 4);
  }
  return texts;
}

std::optional<Value> value_of(std::string_view body) {
  const size_t type_length = body.empty() ? 0 : static_cast<unsigned char>(body[0]), at = padded(type_length + 2, 4);
  const std::optional<uint32_t> number = number_at(body, at);     // each type begins with one
  if (!number) return std::nullopt;
  Value value{.type = std::string(body.substr(1, type_length)), .number = *number};
  if (value.type == "b" || value.type == "u") return value;
  std::optional<std::vector<std::string>> texts;
  if (value.type == "s") texts = texts_of(body, at);
  if (value.type == "as" && *number == body.size() - at - 4) texts = texts_of(body, at + 4);
  if (!texts) return std::nullopt;
  value.texts = std::move(*texts);
  return value;
}

class Connection {
 public:
  explicit Connection(std::chrono::milliseconds patience) : patience_(patience) {}

  bool open(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path) return false;
    path.native().copy(address.sun_path, path.native().size());
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const itimerspec end{.it_interval = {}, .it_value = {.tv_sec = patience_.count() / 1000, .tv_nsec = patience_.count() % 1000 * 1'000'000}};
    end_ = Descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    if (!end_ || ::timerfd_settime(end_.get(), 0, &end, nullptr) != 0) return false;
    const timeval limit{.tv_sec = patience_.count() / 1000, .tv_usec = patience_.count() % 1000 * 1000};
    if (!socket_ || ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) return false;
    return ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  // Up to and with the first line's end.
  bool take_line(std::string& line) {
    while (in_.find("\r\n") == std::string::npos)
      if (!more()) return false;
    line = in_.substr(0, in_.find("\r\n"));
    in_.erase(0, line.size() + 2);
    return true;
  }

  // The next message that answers something; others tell what goes on.
  bool take_answer(uint8_t& type, std::string& body) {
    while (true) {
      while (in_.size() < kHead)
        if (!more()) return false;
      const size_t begin = padded(kHead + *number_at(in_, 12), 8), length = *number_at(in_, 4);
      if (in_[0] != kOrder || begin > kAnswerMax || length > kAnswerMax) return false;
      while (in_.size() < begin + length)
        if (!more()) return false;
      type = static_cast<uint8_t>(in_[1]);
      body = in_.substr(begin, length);
      in_.erase(0, begin + length);
      if (type == kAnswer || type == kFault) return true;
    }
  }

 private:
  bool more() {
    char buffer[8192];
    pollfd wait[] = {{socket_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
    if (in_.size() > 2 * kAnswerMax || ::poll(wait, 2, -1) <= 0 || wait[1].revents != 0) return false;
    const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (count > 0) in_.append(buffer, static_cast<size_t>(count));
    return count > 0;
  }

  const std::chrono::milliseconds patience_;
  Descriptor socket_, end_;                           // the latter can be read when the time is over
  std::string in_;
};

std::string hex_digits(const std::string& text) {
  std::string out;
  for (const char c : text) out += "0123456789abcdef"[(c >> 4) & 15], out += "0123456789abcdef"[c & 15];
  return out;
}

std::vector<Property> wanted_of(const std::string& unit) {
  constexpr std::string_view kUnit = "org.freedesktop.systemd1.Unit", kService = "org.freedesktop.systemd1.Service";
  std::vector<Property> wanted;
  for (const std::string_view name : {"LoadState", "ActiveState", "NeedDaemonReload", "DropInPaths"}) wanted.push_back({unit, kUnit, name});
  if (unit.ends_with(".service")) wanted.push_back({unit, kService, "MainPID"});
  return wanted;
}

bool take(const Property& property, const Value& value, SystemUnit& unit) {
  if (property.name == "LoadState" && value.type == "s" && value.texts.size() == 1) return unit.load = value.texts[0], true;
  if (property.name == "ActiveState" && value.type == "s" && value.texts.size() == 1) return unit.state = value.texts[0], true;
  if (property.name == "NeedDaemonReload" && value.type == "b") return unit.needs_reload = value.number != 0, true;
  if (property.name == "DropInPaths" && value.type == "as") return unit.drop_ins = value.texts, true;
  if (property.name == "MainPID" && value.type == "u") return unit.pid = value.number, true;
  return false;
}

}  // namespace

// All questions go out at once: they are answered one after the other.
std::optional<std::vector<SystemUnit>> system_units(const std::vector<std::string>& names, const Path& socket, std::chrono::milliseconds patience) {
  Connection systemd(patience);
  std::string questions = std::string(1, '\0') + "AUTH EXTERNAL " + hex_digits(std::to_string(::geteuid())) + "\r\nBEGIN\r\n", line, body;
  std::vector<Property> properties;
  for (const std::string& name : names)
    for (const Property& property : wanted_of(name)) properties.push_back(property);
  for (size_t i = 0; i < properties.size(); ++i) questions += question(properties[i], static_cast<uint32_t>(i + 1));
  if (!systemd.open(socket) || !systemd.send(questions) || !systemd.take_line(line) || !line.starts_with("OK ")) return std::nullopt;
  std::vector<SystemUnit> units;
  for (const Property& property : properties) {
    if (units.empty() || units.back().name != property.unit) units.push_back({.name = property.unit, .state = {}});
    uint8_t type = 0;
    const std::optional<Value> value = systemd.take_answer(type, body) && type == kAnswer ? value_of(body) : std::nullopt;
    if (!value || !take(property, *value, units.back())) return std::nullopt;
  }
  return units;
}

}  // namespace sparekeep

// lib/host/system_units.h: whatever comes from systemd's socket is read or refused, and the unit that was asked for is the one that is told.
#include "lib/host/system_units.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <thread>

using namespace sparekeep;

namespace {

// Says all of it to the one who asks, hangs up, and waits until he does.
void say(const Descriptor& listener, std::string_view bytes) {
  const Descriptor caller(::accept(listener.get(), nullptr, nullptr));
  while (!bytes.empty()) {
    const ssize_t count = ::send(caller.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) break;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  ::shutdown(caller.get(), SHUT_WR);
  char heard[4096];
  while (::recv(caller.get(), heard, sizeof heard, 0) > 0) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const Path path = std::filesystem::temp_directory_path() / ("sparekeep-fuzz-" + std::to_string(::getpid()));
  SK_CHECK(path.native().size() < sizeof address.sun_path);
  path.native().copy(address.sun_path, path.native().size());
  std::filesystem::remove(path);
  const Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SK_CHECK(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(listener.get(), 1) == 0);
  const std::jthread systemd([&] { say(listener, as_text(ByteSpan(data, size))); });
  const std::optional<std::vector<SystemUnit>> units = system_units({"a.service"}, path);
  SK_CHECK(!units || (units->size() == 1 && units->at(0).name == "a.service"));
  std::filesystem::remove(path);
  return 0;
}

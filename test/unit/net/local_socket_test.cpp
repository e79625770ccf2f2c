#include "test/support/catch.h"

#include <sys/stat.h>
#include <unistd.h>

#include "test/support/temporary_folder.h"
#include "test/unit/net/fixture.h"

using namespace sparekeep;

namespace {

ServerOptions local_options(const std::filesystem::path& path) {
  ServerOptions options;
  options.local = LocalListener{path, 0600, [](const LocalPeer& peer) {
                                  return peer.uid == ::getuid() ? std::set<Role>{Role::admin} : std::set<Role>{};
                                }};
  return options;
}

HttpClient local_client(const std::filesystem::path& path) {
  ClientOptions options;
  options.local_socket = path;
  return HttpClient(std::move(options), system_clock());
}

constexpr Duration kLimit = std::chrono::seconds(5);

}  // namespace

TEST_CASE("the same router answers over a Unix socket, and knows who asks") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "central.sock";
  Router router;
  router.add("GET", "/who", {Role::admin}, [](const HttpRequest& request) {
    return HttpResponse::of_text(200, std::to_string(request.local->uid) + " " + std::to_string(request.local->pid));
  });
  router.add("GET", "/agents", {Role::agent}, [](const HttpRequest&) { return HttpResponse::of_status(200); });
  const auto echo = [](HttpRequest& request) { return HttpResponse::of_bytes(std::move(request.body)); };
  router.add_taking("PUT", "/echo", {Role::admin}, echo, {kShardBodyMax});
  HttpServer server(local_options(path), router);
  server.start().value();
  struct stat made{};
  REQUIRE(::lstat(path.c_str(), &made) == 0);
  CHECK((made.st_mode & 0777) == 0600);
  HttpClient client = local_client(path);
  CHECK(text_of(client.send(request_of("GET", "/who"), kLimit)) == std::to_string(::getuid()) + " " + std::to_string(::getpid()));
  CHECK(text_of(client.send(request_of("GET", "/agents"), kLimit)) ==
        "denied: " + path.string() + ": GET /agents wants one of the roles: agent; this certificate holds: admin");
  HttpRequest put = request_of("PUT", "/echo");
  put.body = Bytes(3 << 20, 7);
  CHECK(client.send(put, {.limit = kLimit, .response_max = 4 << 20})->body == put.body);
  server.stop();
  CHECK(!std::filesystem::exists(path));
  CHECK(text_of(client.send(request_of("GET", "/who"), kLimit)) == "unreachable: " + path.string() + ": nobody listens");
}

TEST_CASE("a dead socket is replaced, a living one is not, a file never") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "central.sock";
  Router router;
  auto first = std::make_unique<HttpServer>(local_options(path), router);
  first->start().value();
  HttpServer second(local_options(path), router);
  CHECK(second.start().error().text() == "listening on '" + path.string() + "': address already in use");
  std::filesystem::rename(path, folder / "kept");
  first.reset();
  std::filesystem::rename(folder / "kept", path);
  CHECK(second.start());
  HttpServer on_file(local_options(folder / "file"), router);
  std::filesystem::create_directory(folder / "file");
  CHECK(on_file.start().error().kind() == ErrorKind::busy);
}

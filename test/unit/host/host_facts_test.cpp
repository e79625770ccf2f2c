#include "lib/host/host_facts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "lib/crypt/digest.h"
#include "lib/host/system_units.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

void write(const Path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

struct HostBelow {
  HostBelow() { write(root() / "usr/lib/sparekeep/p", std::string(200'000, 'p')), write(root() / "srv/s/.sparekeep-storage", "x\n"); }
  Path root() const { return folder / "root"; }
  std::optional<std::string> tell(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"files=./usr/lib/sparekeep/p", "folders=./usr/lib/sparekeep ./usr/lib/sparekeep/*", "places=/usr/lib/sparekeep", "storage=/srv/s"};
    words.insert(words.end(), more.begin(), more.end());
    return facts_document(facts_question(root(), words).value(), system_clock().now() + std::chrono::seconds(10));
  }
  std::string stamp() const {
    const std::string document = tell().value();
    const size_t at = document.find("\nstamp ") + 7;
    return document.substr(at, document.find(' ', at) - at);
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("a digest that the asker remembers is not told again, and one of a changed file is") {
  HostBelow host;
  const std::string digest = sha256(as_bytes(std::string(200'000, 'p'))).hex(), stamp = host.stamp();
  CHECK(host.tell()->find(digest + "  ./usr/lib/sparekeep/p\n") != std::string::npos);
  const std::string again = host.tell({"known=" + stamp + " 1.2.3.4.5"}).value();
  CHECK(again.find(digest) == std::string::npos);
  CHECK(again.find("stamp " + stamp + " ./usr/lib/sparekeep/p\n") != std::string::npos);
  SECTION("of the same size, with the time of its change set back") {
    struct stat before{};
    REQUIRE(::stat((host.root() / "usr/lib/sparekeep/p").c_str(), &before) == 0);
    write(host.root() / "usr/lib/sparekeep/p", std::string(200'000, 'q'));
    const timespec times[] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, (host.root() / "usr/lib/sparekeep/p").c_str(), times, 0) == 0);
  }
  SECTION("put in its place by a rename") {
    write(host.root() / "q", std::string(200'000, 'q'));
    std::filesystem::rename(host.root() / "q", host.root() / "usr/lib/sparekeep/p");
  }
  const std::string changed = host.tell({"known=" + stamp}).value();
  CHECK(changed.find(sha256(as_bytes(std::string(200'000, 'q'))).hex()) != std::string::npos);
}

TEST_CASE("what is out of the ordinary is the script's to tell") {
  HostBelow host;
  CHECK(host.tell());
  SECTION("what an interrupted run has left") { write(host.root() / "usr/lib/sparekeep/p.new", ""); }
  SECTION("a storage folder without its marker") { write(host.root() / "srv/s/other", ""), std::filesystem::remove(host.root() / "srv/s/.sparekeep-storage"); }
  SECTION("a root that is this machine's own") {
    std::filesystem::remove_all(host.root());
    std::filesystem::create_directory_symlink("/", host.root());
  }
  CHECK(!host.tell());
}

TEST_CASE("what a cut off write of the marker has left in the folder of shards is told as nothing") {
  const HostBelow host;
  std::filesystem::remove(host.root() / "srv/s/.sparekeep-storage");
  write(host.root() / "srv/s/.sk-1-0", ""), write(host.root() / "srv/s/lost+found/x", "");
  CHECK(host.tell());
  write(host.root() / "srv/s/.x", "");
  CHECK(!host.tell());
}

TEST_CASE("a daemon that does not serve at its port is the script's to tell") {
  const HostBelow host;
  CHECK(!host.tell({"port=7421"}));
}

TEST_CASE("words that nobody knows are refused") { CHECK(!facts_question("/", {"colour=blue"})); }

TEST_CASE("units of a systemd that is not there are not told") {
  const TemporaryFolder folder;
  CHECK(!system_units({"a.service"}, folder / "none"));
}

// Files and folders that may not be changed (immutable, append-only) and are written over all the same: what else they protect stays protected.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "lib/archive/disk_facts.h"
#include "test/support/catch.h"
#include "test/unit/agent/restore/writer_fixture.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct Fixture : WriterFixture {
  ~Fixture() {                                         // so that it can be removed
    static_cast<void>(clear_protection(open("")));
    for (const auto& each : std::filesystem::directory_iterator(target)) static_cast<void>(clear_protection(open(each.path().filename())));
  }
  Descriptor held;
  int open(const std::string& name) {
    held.reset(::open((target / name).c_str(), O_RDONLY | O_CLOEXEC));
    return held.get();
  }
  std::string flags(const std::string& name) { return read_flags(open(name)); }

  bool protects(const std::string& name, const char* wanted) {
    const bool done = static_cast<bool>(set_flags(open(name), wanted));
    if (!done) WARN("skipped: no such flag here (it needs root and a file system that has it)");
    return done;
  }
};

}  // namespace

TEST_CASE("an immutable file that loses one of its names stays immutable under the others") {
  Fixture fixture;
  fixture.write("a", "old").value();
  std::filesystem::create_hard_link(fixture.target / "a", fixture.target / "b");
  if (!fixture.protects("a", "schg")) return;
  fixture.write("b", "new").value();
  CHECK(fixture.read("b") == "new");
  CHECK(fixture.flags("b").empty());
  CHECK(fixture.read("a") == "old");
  CHECK(fixture.flags("a") == "schg");
  fixture.write("a", "newer", "sappnd").value();       // its last name
  CHECK(fixture.read("a") == "newer");
  CHECK(fixture.flags("a") == "sappnd");
}

TEST_CASE("an immutable file of which one name is removed stays immutable under the others") {
  Fixture fixture;
  fixture.write("a", "old").value();
  fixture.writer.make_folder("below").value();
  for (const char* name : {"b", "below/c"}) std::filesystem::create_hard_link(fixture.target / "a", fixture.target / name);
  if (!fixture.protects("a", "schg,nodump")) return;
  fixture.writer.remove("b").value();
  fixture.writer.remove("below").value();
  CHECK(fixture.writer.list("").value() == Texts{"a"});
  CHECK(fixture.flags("a") == "schg,nodump");
  fixture.writer.remove("a").value();
  CHECK(fixture.writer.list("").value() == Texts{});
}

TEST_CASE("an immutable file whose name cannot be had stays immutable") {
  Fixture fixture;
  fixture.write("a", "old").value();
  if (!fixture.protects("a", "schg")) return;
  FileEntry entry;
  entry.mode = 0600, entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.mtime = {1000, 5};
  Result<PendingFile> file = fixture.writer.begin_file("a", entry);
  REQUIRE(file);
  for (const std::string& name : fixture.writer.list("").value())
    if (name != "a") std::filesystem::remove(fixture.target / name);       // by somebody else
  CHECK_FALSE(file->commit());
  CHECK(fixture.flags("a") == "schg");
}

TEST_CASE("several threads write over the names of one immutable file") {
  Fixture fixture;
  fixture.write("kept", "old").value();
  constexpr int kNames = 100;
  for (int i = 0; i < kNames; ++i) std::filesystem::create_hard_link(fixture.target / "kept", fixture.target / std::to_string(i));
  if (!fixture.protects("kept", "schg")) return;
  Texts errors[2];
  const auto work = [&](int thread) {
    for (int i = thread; i < kNames; i += 2)
      if (const Result<void> done = fixture.write(std::to_string(i), "new"); !done) errors[thread].push_back(done.error().text());
  };
  {
    const std::jthread other(work, 1);
    work(0);
  }
  for (const Texts& each : errors) CHECK(each == Texts{});
  CHECK(fixture.flags("kept") == "schg");
  CHECK(fixture.read("kept") == "old");
}

TEST_CASE("an immutable file gets further names while another thread writes over those that it has") {
  Fixture fixture;
  fixture.write("kept", "old").value();
  constexpr int kNames = 300;
  for (int i = 0; i < kNames; ++i) std::filesystem::create_hard_link(fixture.target / "kept", fixture.target / std::to_string(i));
  if (!fixture.protects("kept", "schg,nodump")) return;
  Texts errors[2];
  const auto note = [&](int thread, const Result<void>& done) {
    if (!done) errors[thread].push_back(done.error().text());
  };
  {
    const std::jthread other([&] {
      for (int i = 0; i < kNames; ++i) note(1, fixture.write(std::to_string(i), "new"));
    });
    for (int i = 0; i < kNames; ++i) note(0, fixture.writer.make_hard_link("link" + std::to_string(i), "kept"));
  }
  for (const Texts& each : errors) CHECK(each == Texts{});
  CHECK(fixture.flags("kept") == "schg,nodump");
  CHECK(std::filesystem::hard_link_count(fixture.target / "kept") == kNames + 1);
}

TEST_CASE("an append-only folder gets a file that it lacks, and another in place of one that it has") {
  Fixture fixture;
  fixture.write("g", "old").value();
  if (!fixture.protects("", "sappnd")) return;
  fixture.write("f", "new").value();
  fixture.writer.sync().value();
  CHECK(fixture.flags("") == "sappnd");
  fixture.write("g", "newer").value();
  fixture.writer.sync().value();
  CHECK(fixture.flags("") == "sappnd");
  CHECK(fixture.read("f") == "new");
  CHECK(fixture.read("g") == "newer");
}

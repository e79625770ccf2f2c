#include "agent/source/content.h"

#include "test/support/catch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/source/open_at.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "test/support/temporary_folder.h"
#include "test/unit/agent/source/collect.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

struct Fixture {
  TemporaryFolder folder;
  Path path = folder / "file";
  FileEntry listed(std::string_view text) {
    write_durably(path, as_bytes(text)).value();
    return collected({path}).entries.at(0);
  }
  Descriptor opened() const { return open_for_reading(AT_FDCWD, path.c_str()); }
  SourceContent content(const FileEntry& entry) const { return {opened(), entry}; }
};

std::string rest_of(SourceContent& content) {
  std::string text;
  Bytes buffer(3);
  while (const size_t got = content.read(buffer).value()) text += as_text(ByteSpan(buffer).first(got));
  return text;
}

std::string content_of(const Path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(100'000, '\0');
  text.resize(static_cast<size_t>(::read(file.get(), text.data(), text.size())));
  return text;
}

// What the walk gives to read, each as it was given.
struct Reading : Collected {
  std::map<std::string, std::string> texts;
  std::map<std::string, Result<void>> same;
  void entry(FileEntry entry, Descriptor opened) override {
    SourceContent content(std::move(opened), entry);
    texts[entry.path] = rest_of(content);
    same.emplace(entry.path, content.finish());
    Collected::entry(std::move(entry), Descriptor());
  }
};

// Of one sparse file: fills a hole of it as soon as the walk has given it, and then reads it.
struct Filling : Collected {
  Path path;
  std::string text;
  Result<void> same;
  void entry(FileEntry entry, Descriptor opened) override {
    const Descriptor fd(::open(path.c_str(), O_WRONLY));
    REQUIRE(::pwrite(fd.get(), "filled", 6, 1 << 20) == 6);
    SourceContent content(std::move(opened), entry);
    text = rest_of(content), same = content.finish();
    Collected::entry(std::move(entry), Descriptor());
  }
};

}  // namespace

TEST_CASE("to read a file or list a folder of one's own moves no access time") {
  Fixture fixture;
  static_cast<void>(fixture.listed("text"));
  const auto access = [](const Path& path) {
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_atim.tv_sec;
  };
  constexpr timespec kLongAgo[2] = {{1000, 0}, {1000, 0}};        // before the change: with relatime a read moves it
  for (const Path& path : {fixture.path, fixture.folder.path()}) REQUIRE(::utimensat(AT_FDCWD, path.c_str(), kLongAgo, 0) == 0);
  const FileEntry entry = collected({fixture.folder.path()}).entries.at(1);
  SourceContent content = fixture.content(entry);
  CHECK(rest_of(content) == "text");
  CHECK(access(fixture.path) == 1000);
  CHECK(access(fixture.folder.path()) == 1000);
}

TEST_CASE("content is read to its end") {
  Fixture fixture;
  SourceContent content = fixture.content(fixture.listed("ten bytes."));
  CHECK(rest_of(content) == "ten bytes.");
  CHECK(content.finish().has_value());
  SourceContent empty = fixture.content(fixture.listed(""));
  CHECK(rest_of(empty) == "");
  CHECK(empty.finish().has_value());
}

TEST_CASE("of a sparse file only the data is read") {
  Fixture fixture;
  const Descriptor fd(::open(fixture.path.c_str(), O_WRONLY | O_CREAT, 0644));
  REQUIRE(::pwrite(fd.get(), "one", 3, 1 << 20) == 3);
  REQUIRE(::pwrite(fd.get(), "two", 3, 3 << 20) == 3);
  REQUIRE(::ftruncate(fd.get(), 5 << 20) == 0);
  const FileEntry entry = collected({fixture.path}).entries.at(0);
  REQUIRE(entry.data_extents.size() == 2);
  SourceContent content = fixture.content(entry);
  const std::string text = rest_of(content);
  CHECK(text.size() == stored_size(entry));
  CHECK(text.size() < 1 << 20);
  CHECK(text.find("one") != std::string::npos);
  CHECK(text.find("two") != std::string::npos);
}

TEST_CASE("a file that loses its name when it is open is read to its end") {
  Fixture fixture;
  const FileEntry entry = fixture.listed("one");
  SourceContent content = fixture.content(entry);
  REQUIRE(::unlink(fixture.path.c_str()) == 0);
  CHECK(rest_of(content) == "one");
}

TEST_CASE("a file that changes while it is read is told") {
  Fixture fixture;
  SourceContent content = fixture.content(fixture.listed("one"));
  const Descriptor fd(::open(fixture.path.c_str(), O_WRONLY));
  REQUIRE(::pwrite(fd.get(), "two", 3, 0) == 3);
  rest_of(content);
  CHECK(content.finish().error().text() == "changed while it was read");

  SourceContent shrinking = fixture.content(fixture.listed("longer"));
  REQUIRE(::truncate(fixture.path.c_str(), 2) == 0);
  Bytes buffer(10);
  CHECK(shrinking.read(buffer).value() == 2);
  CHECK(shrinking.read(buffer).error().text() == "changed while it was read: it is shorter than when it was listed");
}

// Without the wait, some of these writes come in the tick of the one before it, and no time of the file tells.
TEST_CASE("a file that changes twice in a moment does not pass for one that was read in one piece") {
  Fixture fixture;
  for (int round = 0; round < 200; ++round) {
    SourceContent content = fixture.content(fixture.listed("one"));      // written a moment ago
    const Descriptor fd(::open(fixture.path.c_str(), O_WRONLY));
    REQUIRE(::pwrite(fd.get(), "two", 3, 0) == 3);
    rest_of(content);
    REQUIRE(content.finish().has_error());
  }
}

// The walk asks where the data of a file lies. In the tick of the change before it a write moves no time, and no time tells that the map is old. From
// Linux 6.13 on most file systems have finer times, and this cannot fail there; it can with TMPDIR on one that is mounted as ext3.
TEST_CASE("a hole that is filled a moment after the last change is read, or told") {
  Fixture fixture;
  AccountNames names;
  for (int round = 0; round < 100; ++round) {
    static_cast<void>(::unlink(fixture.path.c_str()));
    const Descriptor fd(::open(fixture.path.c_str(), O_WRONLY | O_CREAT, 0644));
    struct stat facts {};
    REQUIRE((::ftruncate(fd.get(), 5 << 20) == 0 && ::fstat(fd.get(), &facts) == 0));
    wait_for_tick_after(facts.st_ctim.tv_sec, static_cast<uint32_t>(facts.st_ctim.tv_nsec));   // the tick begins
    REQUIRE(::pwrite(fd.get(), "x", 1, 0) == 1);
    Filling sink;
    sink.path = fixture.path;
    walk({fixture.path}, {}, names, sink).value();
    REQUIRE(sink.entries.size() == 1);
    REQUIRE_FALSE(sink.entries[0].data_extents.empty());
    REQUIRE((!sink.same || sink.text.find("filled") != std::string::npos));
  }
}

TEST_CASE("what says that it is empty and is made as it is read is read, once and to its end") {
  AccountNames names;
  Reading sink;
  const std::vector<std::string> paths{"/proc/version", "/proc/sys/kernel/hostname", "/proc/uptime", "/proc/filesystems"};
  walk(paths, {}, names, sink).value();
  CHECK(sink.problems.empty());
  REQUIRE(sink.entries.size() == paths.size());
  for (const FileEntry& entry : sink.entries) {
    INFO(entry.path);
    CHECK(entry.size == sink.texts.at(entry.path).size());
    CHECK(sink.same.at(entry.path));
    CHECK(entry.size > 0);
  }
  CHECK(sink.texts.at("/proc/version") == content_of("/proc/version"));
}

TEST_CASE("what never ends is named, and what is really empty stays so") {
  if (::access("/proc/self/pagemap", R_OK) == 0) {
    const Collected endless = collected({"/proc/self/pagemap"});
    CHECK(endless.entries.empty());
    REQUIRE(endless.problems.size() == 1);
    CHECK(endless.problems[0].text == "not backed up: it says that it is empty, and gives more than 16 MiB");
  }
  Fixture fixture;
  CHECK(fixture.listed("").size == 0);
  const Collected empty = collected({"/proc/self/timers"});
  CHECK(empty.problems.empty());
  CHECK(empty.entries.at(0).size == 0);
}

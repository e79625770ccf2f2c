#include "lib/base/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "test/support/catch.h"

#include "test/support/temporary_folder.h"

using namespace sparekeep;

TEST_CASE("a durable write replaces, or puts if absent, and leaves nothing else") {
  const TemporaryFolder folder;
  REQUIRE(write_durably(folder / "a", as_bytes("one"), {.mode = 0600}));
  CHECK(read_text(folder / "a", 10).value() == "one");
  struct stat facts {};
  REQUIRE(::stat((folder / "a").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK(write_durably(folder / "a", as_bytes("two"), {.replace = false}).error().kind() == ErrorKind::exists);
  REQUIRE(write_durably(folder / "a", as_bytes("three")));
  CHECK(read_text(folder / "a", 10).value() == "three");
  CHECK(list_folder(folder.path()).value() == std::vector<std::string>{"a"});
}

TEST_CASE("what is written past the cache has every byte and its own length") {
  const TemporaryFolder here;
  const Path in_memory = Path("/dev/shm") / here.path().filename();      // takes direct writes or does not: it must not matter
  std::filesystem::create_directory(in_memory);
  for (const Path& folder : {here.path(), in_memory})
    for (const size_t length : {0u, 1u, 4095u, 4096u, 4097u, (1u << 20) - 1, 1u << 20, (1u << 20) + 1, (3u << 20) + 77}) {
      Bytes bytes(length);
      for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(i * 31 + (i >> 12));
      const std::vector<ByteSpan> parts{ByteSpan(bytes).first(length / 3), ByteSpan(bytes).subspan(length / 3)};
      REQUIRE(write_durably(folder / "a", parts, {.past_cache = true}));
      CHECK(read_file(folder / "a", 4 << 20).value() == bytes);
    }
  std::filesystem::remove_all(in_memory);
}

TEST_CASE("a umask takes from others and never from the owner") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(0777);
  const Result<void> secret = write_durably(folder / "secret", as_bytes("key"), {.mode = 0600});
  ::umask(077);
  const Result<void> shared = write_durably(folder / "shared", as_bytes("text"), {.mode = 0644});
  ::umask(before);
  REQUIRE(secret);
  REQUIRE(shared);
  for (const char* name : {"secret", "shared"}) {
    struct stat facts {};
    REQUIRE(::stat((folder / name).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
  }
}

TEST_CASE("reading says what is wrong") {
  const TemporaryFolder folder;
  CHECK(read_file(folder / "none", 10).error().kind() == ErrorKind::not_found);
  REQUIRE(write_durably(folder / "long", as_bytes("0123456789a")));
  CHECK(read_file(folder / "long", 10).error().text() == "'" + (folder / "long").string() + "' is larger than 10 bytes");
}

TEST_CASE("a pipe is read to its end, and a device without one no further than allowed") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  REQUIRE(write_all(to.get(), as_bytes("typed")));
  to.reset();
  CHECK(read_text("/proc/self/fd/" + std::to_string(from.get()), 100).value() == "typed");
  CHECK(read_file("/dev/zero", 1000).error().text() == "'/dev/zero' is larger than 1000 bytes");
}

TEST_CASE("a failed write leaves no file") {
  CHECK(write_durably("/proc/sparekeep/none", as_bytes("x")).has_error());
  CHECK(write_durably("/dev/full/none", as_bytes("x")).has_error());
}

TEST_CASE("a lock is held by one") {
  const TemporaryFolder folder;
  Result<FileLock> first = FileLock::acquire(folder / "lock");
  REQUIRE(first);
  CHECK(FileLock::acquire(folder / "lock").error().kind() == ErrorKind::busy);
}

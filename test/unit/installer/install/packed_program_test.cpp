// What lies compressed beside a program stands for it, and for no other one.
#include "installer/install/packed_program.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "installer/host/local_host.h"
#include "installer/install/release.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr const char* kNames[] = {"sparekeepd", "sparekeep-agent", "libisal.so.2"};

std::string text_of(const std::string& name) {
  std::string text("\x7f""ELF", 4);
  text += std::string(14, 'x') + std::string("\x3e\0\0GLIBC_2.34\0", 14) + name + std::string(8000, 'y') + std::string("\0GLIBC_2.9\0", 11);
  return text;
}

struct Programs {
  Programs() {
    for (const char* name : kNames) {
      put(name, text_of(name));
      pack(name);
    }
  }
  Path file(const std::string& name) const { return folder.path() / name; }
  void put(const std::string& name, const std::string& text) const { write_durably(file(name), as_bytes(text)).value(); }
  void pack(const std::string& name) const { write_durably(packed_file(file(name)), pack_program(read_file(file(name), 1 << 20).value())).value(); }
  void set_time(const Path& path, time_t seconds) const {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }
  Release read() const { return read_release(folder.path(), known, system_clock().now() + std::chrono::hours(1)); }

  TemporaryFolder folder;
  Path known = folder.path() / "known";
};

}  // namespace

TEST_CASE("what lies beside a program says of it what reading it says") {
  const Programs programs;
  const ProgramFacts facts = facts_of_program(as_bytes(text_of("sparekeepd")));
  CHECK(facts.architecture == "x86_64");
  CHECK(facts.glibc == "2.34");
  CHECK(packed_facts(programs.file("sparekeepd")) == facts);
  const std::optional<Bytes> packed = packed_bytes(programs.file("sparekeepd"), facts.digest);
  REQUIRE(packed);
  write_durably(programs.file("in.gz"), *packed).value();
  LocalHost access("here", system_clock());
  const std::string script = "main() {\ngzip -dc '" + programs.file("in.gz").native() + "' | sha256sum\n}\nmain\n";
  CHECK(output_of(access, {.script = script, .limit = std::chrono::seconds(10)}).value().starts_with(facts.digest.hex()));
}

TEST_CASE("a release of packed programs is the same as one of programs that are read, and nothing is noted") {
  const Programs programs;
  const Release packed = programs.read();
  CHECK(!std::filesystem::exists(programs.known));
  for (const char* name : kNames) std::filesystem::remove(packed_file(programs.file(name)));
  const Release read = programs.read();
  CHECK(std::filesystem::exists(programs.known));
  CHECK(packed.id == read.id);
  CHECK(packed.architecture == read.architecture);
  CHECK(packed.glibc == read.glibc);
}

TEST_CASE("what was packed of another program counts as not there") {
  const Programs programs;
  const Path program = programs.file("sparekeepd");
  time_t changed = 1000;
  SECTION("another size") { programs.put("sparekeepd", text_of("sparekeepd") + "z"); }
  SECTION("another beginning") {
    std::string other = text_of("sparekeepd");
    other[40] = 'X';
    programs.put("sparekeepd", other);
  }
  SECTION("the program is newer") { changed = 3000; }
  SECTION("no comment of ours") { write_durably(packed_file(program), as_bytes(std::string("\x1f\x8b\x08\0\0\0\0\0\0\0\0\0", 12))).value(); }
  SECTION("cut") { write_durably(packed_file(program), as_bytes(std::string("\x1f\x8b\x08\x10", 4))).value(); }
  programs.set_time(packed_file(program), 2000);
  programs.set_time(program, changed);
  CHECK(!packed_facts(program));
  const Release release = programs.read();
  CHECK(release.files.at("sparekeepd").digest == sha256(read_file(program, 1 << 20).value()));
  CHECK(!PackedRelease(release).packed("sparekeepd").empty());
}

TEST_CASE("what is packed anew during a run does not travel under the name of what it was before") {
  const Programs programs;
  const Digest before = packed_facts(programs.file("sparekeepd"))->digest;
  programs.put("sparekeepd", text_of("another"));
  programs.pack("sparekeepd");
  CHECK(!packed_bytes(programs.file("sparekeepd"), before));
}

#include "installer/central/recovery_file.h"

#include <sys/stat.h>

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr const char* kGood =
    "# a comment\n"
    "format = \"sparekeep recovery 1\"\n"
    "root = \"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\"\n"
    "recovery = \"77076d0a7318a57d3c16c17251b26645c6c2f6c7d1c5d6d0c6a5a1f5d0d5b8a1\"\n"
    "created = \"2026-11-22T21:05:07Z\"\n";

std::string refusal(std::string_view what, std::string_view with) {
  std::string text = kGood;
  const size_t at = text.find(what);
  text.replace(at, what.size(), with);
  return read_recovery_text(text).error().text();
}

}  // namespace

TEST_CASE("the recovery file as docs/format.md describes it is read") {
  const RecoveryKeys keys = read_recovery_text(kGood).value();
  CHECK(to_rfc3339(keys.created) == "2026-11-22T21:05:07Z");
  CHECK(to_hex(keys.root.seed().reveal()) == "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
}

TEST_CASE("the recovery file comes back as it went, mode 0600, and is never overwritten") {
  const TemporaryFolder folder;
  SeededRandom random(3);
  const RecoveryKeys keys = make_recovery_keys(random, Time{1'795'381'507'000'000'000});
  write_recovery_file(folder / "recovery", keys).value();
  struct stat facts {};
  REQUIRE(::stat((folder / "recovery").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  const RecoveryKeys back = read_recovery_file(folder / "recovery").value();
  CHECK(back.root.public_key() == keys.root.public_key());
  CHECK(back.recovery.recipient() == keys.recovery.recipient());
  CHECK(write_recovery_file(folder / "recovery", make_recovery_keys(random, Time{})).error().kind() == ErrorKind::exists);
  CHECK(read_recovery_file(folder / "recovery").value().root.public_key() == keys.root.public_key());
}

TEST_CASE("what is no recovery file is refused, with its line") {
  CHECK(refusal("recovery 1", "recovery 2") == "recovery file: format 'sparekeep recovery 2'; expected 'sparekeep recovery 1'");
  CHECK(refusal("root = \"9d", "root = \"9D") == "recovery file: 'root': expected 64 hexadecimal digits");
  CHECK(refusal("root = \"9d", "root = \"") == "recovery file: 'root': expected 64 hexadecimal digits");
  CHECK(refusal("root = ", "rooot = ") == "recovery file: 'root' is missing");
  CHECK(refusal("recovery = ", "root = ") == "recovery file: line 4: 'root' stands there twice");
  CHECK(refusal("root = \"", "root = ") == "recovery file: line 3: expected name = \"value\"");
  CHECK(refusal("2026-11-22", "2026-13-22").starts_with("recovery file: created: "));
  CHECK(read_recovery_text("").error().text() == "recovery file: 'format' is missing");
}

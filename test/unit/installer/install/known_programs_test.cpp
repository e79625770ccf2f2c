#include "installer/install/known_programs.h"

#include <fstream>

#include "lib/crypt/digest.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

const Digest kContent = sha256(as_bytes("content"));
const Time kNow{1'795'381'507'000'000'000};

HostFacts facts(const std::string& stamp, Digest digest) {
  HostFacts facts;
  facts.files["/p"] = {.digest = digest, .stamp = stamp};
  return facts;
}

}  // namespace

TEST_CASE("what a host has digested is known by its stamp, in later runs, too") {
  const TemporaryFolder folder;
  HostFacts told = facts("1.2", kContent), again = facts("1.2", {}), of_other = facts("1.2", {});
  KnownPrograms first(folder / "programs", kNow);
  CHECK(first.stamps("h1").empty());
  first.meet("h1", told);
  first.save();
  KnownPrograms later(folder / "programs", kNow + std::chrono::hours(24));
  CHECK(later.stamps("h1") == std::vector<std::string>{"1.2"});
  CHECK(later.has("h1", kContent));
  CHECK_FALSE(later.has("h1", sha256(as_bytes("other"))));
  CHECK_FALSE(later.has("h2", kContent));
  later.meet("h1", again);
  later.meet("h2", of_other);
  CHECK(again.files["/p"].digest == kContent);
  CHECK(of_other.files["/p"].digest == Digest{});
}

TEST_CASE("a stamp that a host shows no more is forgotten") {
  const TemporaryFolder folder;
  HostFacts told = facts("1.2", kContent), other = facts("3.4", sha256(as_bytes("other")));
  KnownPrograms known(folder / "programs", kNow);
  known.meet("h1", told);
  known.meet("h1", other);
  CHECK(known.stamps("h1") == std::vector<std::string>{"3.4"});
}

TEST_CASE("of a host that tells many stamps a few are kept") {
  const TemporaryFolder folder;
  HostFacts many;
  for (int i = 0; i < 1000; ++i) many.files["/p" + std::to_string(i)] = {.digest = kContent, .stamp = std::to_string(i)};
  KnownPrograms known(folder / "programs", kNow);
  known.meet("h1", many);
  CHECK(known.stamps("h1").size() == 16);
}

TEST_CASE("after a week the host digests again, and so it does where nothing can be read") {
  const TemporaryFolder folder;
  HostFacts told = facts("1.2", kContent);
  KnownPrograms known(folder / "programs", kNow);
  known.meet("h1", told);
  known.save();
  SECTION("a week") { CHECK(KnownPrograms(folder / "programs", kNow + kStampHolds).stamps("h1").empty()); }
  SECTION("a clock that was set back") { CHECK(KnownPrograms(folder / "programs", kNow - std::chrono::seconds(1)).stamps("h1").empty()); }
  SECTION("another format") {
    std::ofstream(folder / "programs") << "sparekeep programs 9\nh1 1.2 1 " << kContent.hex() << "\n";
    CHECK(KnownPrograms(folder / "programs", kNow).stamps("h1").empty());
  }
}

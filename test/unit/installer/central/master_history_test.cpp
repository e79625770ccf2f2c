#include "installer/central/master_history.h"

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"
#include "test/support/trust.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

MasterContents contents(TestTrust& trust, std::vector<StorageSystem> systems = {}) {
  return {.delegation = trust.delegation, .delegation_object = write_delegation(trust.delegation, trust.root), .systems = std::move(systems)};
}

}  // namespace

TEST_CASE("versions count up, chain by digest, are kept, and outlive a restart") {
  const TemporaryFolder folder;
  TestTrust trust;
  const StatePaths paths(folder.path());
  {
    MasterHistory history(paths, trust.root.public_key());
    CHECK(history.newest() == nullptr);
    const auto first = history.issue(contents(trust), trust.signer, Time{1});
    const auto second = history.issue(contents(trust, {trust.system("store1", "a", 5)}), trust.signer, Time{2});
    CHECK(first->file.before == Digest{});
    CHECK(second->file.before == first->digest);
    CHECK(second->file.expires == Time{2} + kMasterLife);
  }
  MasterHistory history(paths, trust.root.public_key());
  CHECK(history.newest()->file.version() == MasterVersion{1, 2});
  CHECK(history.versions() == std::vector<MasterVersion>{{1, 1}, {1, 2}});
  CHECK(history.read({1, 1}).value().file.systems.empty());
  CHECK(history.read({1, 3}).error().text() == "there is no master file 1.3");
}

TEST_CASE("a new epoch begins at one, behind the last of the old epoch") {
  const TemporaryFolder folder;
  TestTrust old_epoch(1, 1), new_epoch(1, 2);
  MasterHistory history(StatePaths(folder.path()), old_epoch.root.public_key());
  const auto last = history.issue(contents(old_epoch), old_epoch.signer, Time{1});
  const auto first = history.issue(contents(new_epoch), new_epoch.signer, Time{2});
  CHECK(first->file.version() == MasterVersion{2, 1});
  CHECK(first->file.before == last->digest);
}

TEST_CASE("a kept version that was altered is named, and the newest one stops the start") {
  const TemporaryFolder folder;
  TestTrust trust;
  const StatePaths paths(folder.path());
  MasterHistory history(paths, trust.root.public_key());
  Bytes object = history.issue(contents(trust), trust.signer, Time{1})->object;
  object.back() ^= 1;
  write_durably(paths.master({1, 1}), object).value();
  CHECK(history.read({1, 1}).error().text() == "master file 1.1: master file: its signature does not verify");
  CHECK_THROWS_AS(MasterHistory(paths, trust.root.public_key()), Error);
}

TEST_CASE("what does not read back is not issued: the newest stays, and so does the next start") {
  const TemporaryFolder folder;
  TestTrust trust, stranger(2);
  const StatePaths paths(folder.path());
  MasterHistory history(paths, trust.root.public_key());
  history.issue(contents(trust), trust.signer, Time{1});
  MasterContents foreign = contents(trust);
  foreign.delegation_object = write_delegation(stranger.delegation, stranger.root);
  CHECK_THROWS_WITH(history.issue(foreign, trust.signer, Time{2}),
                    "master file 1.2 as it would be issued: master file: delegation: made by root " + stranger.root.public_key().hex() +
                        ", not by the pinned one");
  CHECK_THROWS_AS(history.issue(contents(trust, {trust.system("store1", std::string(256, 'z'), 5)}), trust.signer, Time{2}), Error);
  CHECK(history.newest()->file.version() == MasterVersion{1, 1});
  CHECK(MasterHistory(paths, trust.root.public_key()).newest()->file.version() == MasterVersion{1, 1});
}

#include "daemon/shards/storage_folder.h"

#include "daemon/shards/shard_directory.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::daemon;

TEST_CASE("a folder that holds other files does not become that of shards") {
  const TemporaryFolder world;
  const Path folder = world / "home";
  CHECK(refuse_others_folder(folder).has_value());
  make_folders(folder / "lost+found").value();
  make_folders(folder / std::string(32, 'a')).value();
  make_folders(folder / "grace").value();
  CHECK(refuse_others_folder(folder).has_value());
  make_folders(folder / "admin").value();
  const Result<void> refused = refuse_others_folder(folder);
  REQUIRE(!refused);
  CHECK(refused.error().text() == "'" + folder.native() + "' is to store shards and holds 'admin', which is none of ours; name a folder of its own in storage.path, " +
                                      "empty but for lost+found");
  REQUIRE(ShardDirectory::prepare(folder, HostId{{7}}));
  CHECK(refuse_others_folder(folder).has_value());
  CHECK(refuse_others_folder(folder / "sub").error().text() ==
        "'" + (folder / "sub").native() + "' lies in '" + folder.native() + "', which stores shards; name a folder beside it in storage.path");
}

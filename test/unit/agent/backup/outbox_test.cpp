// Snapshots that wait on the host: durable, in one stage at a time, and refused when they are not what was written.
#include "agent/backup/outbox.h"

#include <fstream>

#include "lib/base/random.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

Bundle bundle() {
  SeededRandom random(1);
  return {.vault = random.id<VaultId>(), .epoch = 3, .descriptor = bytes_of("descriptor"), .key_record = bytes_of("key record"),
          .blocks = {bytes_of("one"), bytes_of("two")}, .record = bytes_of("record"), .second = "{}"};
}

}  // namespace

TEST_CASE("a snapshot waits for the daemons, then for the central, then not at all") {
  const TemporaryFolder folder;
  Outbox outbox(folder / "waiting");
  CHECK(outbox.items(OutboxStage::commit).empty());
  outbox.add("s.1", bundle()).value();
  REQUIRE(outbox.items(OutboxStage::commit).size() == 1);
  CHECK(outbox.items(OutboxStage::send).empty());
  outbox.move({"s.1", OutboxStage::commit}, OutboxStage::send).value();
  CHECK(outbox.items(OutboxStage::commit).empty());
  REQUIRE(outbox.items(OutboxStage::send).size() == 1);
  CHECK(outbox.items(OutboxStage::send)[0].name == "s.1");
  const Bundle loaded = Outbox(folder / "waiting").load(outbox.items(OutboxStage::send)[0]).value();
  CHECK(loaded.vault == bundle().vault);
  CHECK(loaded.epoch == 3);
  CHECK(loaded.descriptor == bundle().descriptor);
  CHECK(loaded.key_record == bundle().key_record);
  CHECK(loaded.blocks == bundle().blocks);
  CHECK(loaded.record == bundle().record);
  CHECK(loaded.second == bundle().second);
  outbox.remove({"s.1", OutboxStage::send});
  CHECK(outbox.items(OutboxStage::send).empty());
  CHECK_FALSE(outbox.move({"s.1", OutboxStage::commit}, OutboxStage::send));
}

TEST_CASE("a waiting snapshot is refused when it is cut, longer, or of another format") {
  const TemporaryFolder folder;
  Outbox outbox(folder.path());
  outbox.add("s.1", bundle()).value();
  const Path file = folder / "s.1.commit";
  const std::string whole = read_text(file, 1 << 20).value();
  const auto loaded_as = [&](const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
    return outbox.load({"s.1", OutboxStage::commit});
  };
  CHECK(loaded_as(whole));
  const size_t older_release = whole.size() - 3;        // ends behind the record: no second metadata
  for (size_t length = 0; length < whole.size(); ++length) CHECK(loaded_as(whole.substr(0, length)).has_value() == (length == older_release));
  CHECK(loaded_as(whole.substr(0, older_release)).value().second.empty());
  CHECK_FALSE(loaded_as(whole + "x"));
  std::string newer = whole;
  newer[6] = 2;
  CHECK(loaded_as(newer).error().kind() == ErrorKind::unsupported);
}

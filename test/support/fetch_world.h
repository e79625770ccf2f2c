// Systems with faults, a vault written to them, and a reader of its snapshot, for tests of lib/fetch.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "lib/fetch/records.h"
#include "lib/fetch/snapshot_reader.h"
#include "test/support/faulty_store.h"
#include "test/support/still_clock.h"
#include "test/support/written_vault.h"

namespace sparekeep {

class Collector final : public ChunkSink {
 public:
  void chunk(uint32_t number, ByteSpan plain) override {
    const std::lock_guard lock(mutex_);
    SK_CHECK(chunks.emplace(number, Bytes(plain.begin(), plain.end())).second && !errors.contains(number));
  }
  void failed(uint32_t number, const Error& error) override {
    const std::lock_guard lock(mutex_);
    SK_CHECK(errors.emplace(number, error).second && !chunks.contains(number));
  }
  std::map<uint32_t, Bytes> chunks;
  std::map<uint32_t, Error> errors;

 private:
  std::mutex mutex_;
};

struct FetchWorld {
  StillClock clock;
  std::vector<std::unique_ptr<FaultyStore>> systems;
  WrittenVault vault;
  std::vector<TestFile> files;
  std::optional<SnapshotRecord> record;

  FetchWorld(uint64_t seed, size_t count, const VaultWriteOptions& options = {}, size_t file_count = 40) : vault(seed, clock) {
    SeededRandom names(seed);
    for (size_t i = 0; i < count; ++i)
      systems.push_back(std::make_unique<FaultyStore>("store" + std::to_string(i + 1), names.id<HostId>(), clock));
    files = test_files(vault.random, file_count);
    vault.introduce(stores());
    record = vault.write(files, stores(), options);
  }

  std::vector<ShardStore*> stores() const {
    std::vector<ShardStore*> all;
    for (const auto& system : systems) all.push_back(system.get());
    return all;
  }
  FaultyStore& of(const HostId& host) const {
    for (const auto& system : systems)
      if (system->host() == host) return *system;
    throw Error(ErrorKind::usage, "no system has the id " + host.hex());
  }
};

// One command's reading: everything it learns of the systems is forgotten with it.
struct Reading {
  explicit Reading(FetchWorld& world_given, FetchOptions options = {})
      : world(world_given), systems(world.stores()), locator(systems, world.clock),
        context{world.vault.vault, world.vault.signer.public_key(), systems, locator, findings, world.clock, options} {
    Result<SnapshotRecord> record = SnapshotRecord::read(world.record->object(), world.vault.signer.public_key());
    reader.emplace(SnapshotReader::open(context, std::move(*record), world.vault.keys.metadata(), &world.vault.keys.packs()).value());
  }

  FetchWorld& world;
  Systems systems;
  AskingLocator locator;
  Findings findings;
  FetchContext context;
  std::optional<SnapshotReader> reader;

  // Every file by its path: its stored bytes, or the text of the error.
  std::map<std::string, std::string> read_all();
  std::vector<std::string> finding_texts() const;
};

std::map<std::string, std::string> expected_contents(const std::vector<TestFile>& files);

}  // namespace sparekeep

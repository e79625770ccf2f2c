// A daemon as a ShardStore: HTTP over mutual TLS (docs/protocol.md, "Daemon"). Connections are kept and shared: as many as there are
// calls at once. A system that does not answer costs its deadlines once a call; callers pass it over afterwards.
#pragma once

#include <memory>
#include <mutex>

#include "lib/net/client.h"
#include "lib/store/shard_store.h"

namespace sparekeep {

struct RemoteStoreOptions {
  std::string name;                          // of the system, in messages
  HostId host;                               // its certificate must say so
  Endpoint endpoint;
  Tls tls;
  ClientDeadlines deadlines;
  PeerCheck check{};                         // none: inside its time by the clock
};

class RemoteStore final : public ShardStore {
 public:
  RemoteStore(RemoteStoreOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  const std::string& name() const override { return options_.name; }
  HostId host() const override { return options_.host; }
  Result<SystemFacts> facts_for(const VaultId& vault, const Deadline& deadline) override;
  Result<void> put(const ShardId& shard, ByteSpan head, ByteSpan payload, const Deadline& deadline) override;
  Result<Bytes> get_head(const ShardId& shard, const Deadline& deadline) override;
  Result<void> get_range(const ShardId& shard, uint64_t offset, MutableSpan to, const Deadline& deadline) override;
  Result<StoredShard> get_shard(const ShardId& shard, const Deadline& deadline) override;
  Result<std::vector<bool>> has(std::span<const ShardId> shards, const Deadline& deadline) override;
  Result<std::vector<VaultId>> list_vaults(const Deadline& deadline) override;
  Result<std::vector<ObjectEntry>> list_objects(const VaultId& vault, StoredKind kind, const Deadline& deadline) override;
  Result<Bytes> get_object(const VaultId& vault, StoredKind kind, std::string_view name, const Deadline& deadline) override;
  Result<void> put_object(const VaultId& vault, StoredKind kind, std::string_view name, ByteSpan object, const Deadline& deadline) override;
  Result<CommitAnswer> put_record(const VaultId& vault, std::string_view name, ByteSpan record, const Deadline& deadline) override;
  Result<RecordTallies> tally_records(const Deadline& deadline) override;      // in one request; of an older daemon by its lists

 private:
  struct Call {
    std::vector<ByteSpan> body;
    size_t response_max = kBodyMaxDefault;
    MutableSpan into{};
    bool every_status = false;               // a status of 400 and above is an answer, too
  };
  Result<HttpResponse> send(const HttpRequest& request, const Call& call, const Deadline& deadline);
  Result<HttpResponse> get(std::string path, size_t response_max, const Deadline& deadline);
  Result<void> ask_held(std::span<const ShardId> shards, std::vector<bool>& held, const Deadline& deadline);

  const RemoteStoreOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;
};

}  // namespace sparekeep

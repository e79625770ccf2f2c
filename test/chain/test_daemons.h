// Daemons in this process: everything that `sparekeepd serve` is made of but the report to the central, each with its folder, TLS and port.
#pragma once

#include <atomic>
#include <memory>

#include "daemon/routes/peer_check.h"
#include "daemon/routes/service.h"
#include "lib/net/server.h"
#include "lib/store/remote_store.h"
#include "test/support/temporary_folder.h"

namespace sparekeep {

class TestAuthority {                                // a certificate authority and certificates of it
 public:
  explicit TestAuthority(Random& random);
  Tls tls(const HostId& host, const std::set<Role>& roles) const { return certificate(host, roles, system_clock().now() - ago_).tls; }
  std::string certificate(const Secret& private_pem, const HostId& host, const std::set<Role>& roles) const;   // PEM
  std::string certificate_pem() const { return authority_.certificate_pem(); }
  void issue_as_of(Duration ago) { ago_ = ago; }     // certificates from now on, each for a day

  struct Certificate {
    Tls tls;
    std::string serial;
  };
  Certificate certificate(const HostId& host, const std::set<Role>& roles, Time issued) const;   // for a day from then

 private:
  Random& random_;
  CertificateAuthority authority_;
  Duration ago_{0};
};

class TestDaemon {
 public:
  TestDaemon(std::string name, const TestAuthority& authority, Random& random, Clock& clock, Duration lock = std::chrono::hours(720));
  ~TestDaemon();

  const HostId& host() const { return host_; }
  const Path& storage() const { return storage_; }
  Path state() const { return folder_ / "state"; }
  std::shared_ptr<ShardStore> store(const Tls& client, Clock& clock) const;
  void stop();                                       // as if killed: nothing answers any more
  void start();                                      // on the same port, from what is on disk
  uint16_t port() const { return port_; }
  std::set<std::string> revoked;                     // serials; before anybody asks
  bool central_is_there = true;
  std::atomic<int> hellos_of_the_central = 0;
  daemon::Greeting last_greeting;                    // of them; before anybody asks again

 private:
  class NoMaster final : public daemon::MasterView {
   public:
    bool may_write(const VaultId&, const HostId&) const override { return false; }
    std::pair<uint64_t, uint64_t> version() const override { return {0, 0}; }
  };
  struct Parts;
  const std::string name_;
  const HostId host_;
  const Tls tls_;
  Clock& clock_;
  const Duration lock_;
  TemporaryFolder folder_;
  Path storage_;
  uint16_t port_ = 0;
  NoMaster master_;
  std::unique_ptr<Parts> parts_;
};

// Files below a folder, shards only.
std::vector<Path> shard_files(const Path& storage);

}  // namespace sparekeep

// A root, a delegation and master files made from a seed, for tests of whoever reads them (link sk_master).
#pragma once

#include "inventory/master/master_file.h"

namespace sparekeep {

struct TestTrust {
  explicit TestTrust(uint64_t seed = 1, uint32_t epoch = 1)
      : random(seed), root(SigningKey::make(random)), signer(SigningKey::make(random)), admin(SigningKey::make(random)),
        escrow(OpeningKey::make(random)), catalogue(OpeningKey::make(random)), recovery(OpeningKey::make(random)) {
    delegation.root = root.public_key();
    delegation.epoch = epoch;
    delegation.issued = Time{1'795'381'507'000'000'000};
    delegation.authority_pem = "-----BEGIN CERTIFICATE-----\n";
    delegation.master_signer = signer.public_key();
    delegation.escrow = escrow.recipient();
    delegation.catalogue = catalogue.recipient();
    delegation.recovery = {recovery.recipient()};
    delegation.admins = {admin.public_key()};
  }

  StorageSystem system(const std::string& name, const std::string& zone, uint64_t available_bytes) {
    return {.id = random.id<HostId>(), .name = name, .machine = random.id<MachineId>(), .address = "192.0.2.1", .port = 7421, .zone = zone,
            .state = SystemState::up, .capacity_bytes = 2 * available_bytes, .available_bytes = available_bytes, .stored_bytes = 0,
            .reported = delegation.issued};
  }

  MasterCopy master(uint64_t number, std::vector<StorageSystem> systems) const {
    MasterFile file;
    file.delegation_object = write_delegation(delegation, root);
    file.delegation = delegation;
    file.number = number;
    file.issued = delegation.issued;
    file.expires = delegation.issued + std::chrono::hours(24 * 90);
    file.systems = std::move(systems);
    return sign_master_file(std::move(file), signer);
  }

  SeededRandom random;
  SigningKey root, signer, admin;
  OpeningKey escrow, catalogue, recovery;
  Delegation delegation;
};

}  // namespace sparekeep

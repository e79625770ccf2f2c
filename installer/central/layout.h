// Where things lie below STATE (docs/trust.md, "The state of the central"). Folders are 0700, files 0600.
#pragma once

#include <string_view>

#include "inventory/master/master_file.h"
#include "lib/base/files.h"

namespace sparekeep::central {

constexpr std::string_view kStateFormat = "sparekeep central 1\n";

struct StatePaths {
  explicit StatePaths(Path folder) : state(std::move(folder)) {}
  Path state;

  Path format() const { return state / "format"; }               // kStateFormat: what makes a folder a STATE
  Path identity() const { return state / "identity"; }           // the central's own id, hex
  Path root() const { return state / "root.pub"; }               // the pinned root, hex
  Path authority_certificate() const { return state / "ca" / "authority.pem"; }
  Path authority_key() const { return state / "ca" / "authority.key"; }
  Path master_key() const { return state / "keys" / "master.key"; }
  Path escrow_key() const { return state / "keys" / "escrow.key"; }
  Path catalogue_key() const { return state / "keys" / "catalogue.key"; }
  Path admin_key() const { return state / "admin.key"; }         // a link's target when --admin-key FILE was given: see admin_place()
  Path admin_place() const { return state / "admin.place"; }     // the path of --admin-key FILE, where it was given
  Path delegation() const { return state / "delegation.bin"; }
  Path catalogue() const { return state / "catalogue.db"; }
  Path rebuilding() const { return state / "rebuilding"; }       // the catalogue was lost and is not whole again yet
  Path masters() const { return state / "master"; }              // EPOCH.NUMBER.bin, all that were ever issued
  Path master(const MasterVersion& version) const { return masters() / (version.text() + ".bin"); }
  Path address() const { return state / "address"; }             // host:port where hosts reach it, once chosen
  Path known_programs() const { return state / "programs"; }      // what the programs on hosts are, so that no host reads them each time
  Path known_certificates() const { return state / "certificates"; }   // which of hosts our authority was seen to have signed, and what they say
  Path release() const { return state / "release"; }             // what the programs for hosts are, so that they are not read each time
  Path lock() const { return state / "lock"; }
};

}  // namespace sparekeep::central

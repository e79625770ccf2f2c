// A host, what the central tells it and a release, without any of them being there.
#pragma once

#include "installer/install/plan.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

struct InstallFixture {
  InstallFixture();
  void be_real();                                  // reached over SSH, with systemd
  HostFacts facts_as_desired() const;              // everything is as it should be, and runs
  DesiredState desired() const { return desired_state(host, central, release, {.supervision = supervision, .daemon_port = 17421}); }
  std::string program(std::string_view name) const { return release_file(release.id, name); }
  Plan plan(const HostFacts& facts) const { return make_plan(host, facts, desired(), check); }

  SeededRandom random{7};
  Time now{1'795'381'507'000'000'000};
  Host host;
  Supervision supervision = Supervision::folder;
  HostId id;
  CentralFacts central;
  Release release;
  CertificateAuthority authority;
  CertificateCheck check;
  std::map<Role, std::string> certificates;
  std::string revoked;                             // serial
};

std::vector<std::string> paths_of(const std::vector<DesiredFile>& files);
std::vector<std::string> programs_of(const std::vector<Service>& services);

}  // namespace sparekeep::central

// installer/install/facts.h: whatever a host tells of itself is read or refused. What is planned from it removes nothing but what a run may have left.
#include <algorithm>

#include "installer/install/plan.h"
#include "lib/base/text.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr std::string_view kRelease = "a";

// What the script was asked to look at, and nothing that somebody could have named besides.
void check_leftovers(const Host& host, const HostFacts& facts) {
  DesiredState desired;
  desired.release = kRelease, desired.supervision = Supervision::folder;
  const Plan plan = make_plan(host, facts, desired, {});
  std::string script = facts_script(host, {.release = std::string(kRelease)});
  std::replace(script.begin(), script.end(), '\'', ' ');
  for (const std::string& path : plan.leftovers) {
    SK_CHECK(path.ends_with(".new"));
    const std::string asked = path.substr(0, path.size() - 4);
    const bool is_release = Path(asked).parent_path() == kReleasesFolder;
    SK_CHECK(is_release || script.find(" ." + asked + " ") != std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Host host;
  host.name = "store1", host.storage.path = "/srv/sparekeep", host.storage.port = 7421;
  host.roles = {HostRole::storage, HostRole::backup};
  const Result<HostFacts> facts = parse_facts(host, as_text(ByteSpan(data, size)));
  SK_CHECK(facts || facts.error().kind() == ErrorKind::corrupt);
  if (!facts) return 0;
  SK_CHECK(facts->files.size() <= size && facts->units.size() <= size);
  SK_CHECK(!facts->host_id() || facts->texts.contains(std::string(kHostIdFile)));
  static_cast<void>(facts->daemon_port()), static_cast<void>(facts->root_key()), static_cast<void>(supervision_of(host, *facts));
  for (const std::string& release : {facts->current_release(), facts->previous_release()}) SK_CHECK(release.find('\n') == std::string::npos);
  check_leftovers(host, *facts);
  return 0;
}

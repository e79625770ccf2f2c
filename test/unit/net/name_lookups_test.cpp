// Names that are looked up beside whoever asks.
#include "lib/net/name_lookups.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "lib/net/endpoint.h"
#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("names are looked up, all their addresses, and one that throws takes nobody else along") {
  std::mutex mutex;
  std::condition_variable heard;
  std::map<std::string, NameLookups::Addresses> all;
  {
    NameLookups lookups;
    const auto look_up = [&](const std::string& name) {
      lookups.look_up(name, [&, name](const Result<NameLookups::Addresses>& addresses) {
        const std::lock_guard lock(mutex);
        all[name] = addresses ? *addresses : NameLookups::Addresses{"none"};
        heard.notify_all();
        if (name == "127.0.0.1") throw std::runtime_error("thrown by whoever asked");
      });
    };
    const std::vector<std::string> names{"127.0.0.1", "localhost", "a-name.invalid", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7",
                                         "127.0.0.8", "127.0.0.9", "127.0.0.10"};
    for (const std::string& name : names) look_up(name);
    std::unique_lock lock(mutex);
    REQUIRE(heard.wait_for(lock, std::chrono::seconds(60), [&] { return all.size() == names.size(); }));
  }
  CHECK(all["127.0.0.10"] == NameLookups::Addresses{"127.0.0.10"});
  CHECK(std::all_of(all["localhost"].begin(), all["localhost"].end(), is_address));
  CHECK(all["a-name.invalid"] == NameLookups::Addresses{"none"});
  CHECK(!is_address("localhost"));
  CHECK(is_address("::1"));
}

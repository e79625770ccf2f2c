// The list of hosts that were not done, for --limit @.
#include "installer/commands/host_selection.h"

#include <sys/resource.h>

#include <csignal>
#include <sstream>

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

// No file of this process gets a byte more, as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit none{0, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

}  // namespace

TEST_CASE("a list of hosts that cannot be written leaves none of an earlier run") {
  const TemporaryFolder folder;
  const Path file = folder / "not-done";
  std::istringstream in;
  std::ostringstream out, err;
  Console console({in, out, err}, {});
  keep_not_done(folder.path(), {"h1", "h2"}, console);
  CHECK(out.str() == "once more for these alone: --limit @" + file.native() + "\n");
  CHECK(read_text(file, 100).value() == "h1\nh2\n");
  {
    const FullDisk full;
    keep_not_done(folder.path(), {"h3"}, console);
  }
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(err.str().starts_with("warning: '" + file.native() + "': writing '"));
  CHECK(err.str().ends_with(": file too large; --limit @ finds no list; make room and name the hosts of the recap by --limit\n"));
  keep_not_done(folder.path(), {"h3"}, console);
  keep_not_done(folder.path(), {}, console);
  CHECK_FALSE(std::filesystem::exists(file));
}

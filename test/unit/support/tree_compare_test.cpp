// The comparison that round trips are judged by must see each kind of difference.
#include "test/support/tree_compare.h"

#include "test/support/catch.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <functional>

#include "lib/base/descriptor.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

using Texts = std::vector<std::string>;

// Two equal folders of one file; `change` is made to the right one.
struct Pair {
  TemporaryFolder folder;
  std::string left = folder / "left", right = folder / "right";

  Pair() {
    for (const std::string& side : {left, right}) {
      REQUIRE(::mkdir(side.c_str(), 0755) == 0);
      fill(side, "content");
      set_times(side);
    }
  }
  static void fill(const std::string& side, std::string_view text) {
    const Descriptor fd(::open((side + "/f").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644));
    REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  static void set_time(const std::string& path, time_t seconds = 1000) {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
  }
  static void set_times(const std::string& side) {
    for (const char* name : {"/f", "/g", ""}) set_time(side + name);
  }
  Texts compared(const std::function<void()>& change, TreeCompareOptions options = {}) {
    change();
    return compare_trees(left, right, options);
  }
  std::string file() const { return right + "/f"; }
};

}  // namespace

TEST_CASE("equal folders are equal") { CHECK(Pair().compared([] {}) == Texts{}); }

TEST_CASE("names and kinds") {
  Pair pair;
  CHECK(pair.compared([&] {
    CHECK(::rename(pair.file().c_str(), (pair.right + "/g").c_str()) == 0);
    Pair::set_times(pair.right);
  }) == Texts{"f: only on the left", "g: only on the right"});
  CHECK(pair.compared([&] {
    CHECK(::mkfifo(pair.file().c_str(), 0644) == 0);
    CHECK(::unlink((pair.right + "/g").c_str()) == 0);
    Pair::set_times(pair.right);
  }) == Texts{"f: kind"});
}

TEST_CASE("content and size") {
  Pair pair;
  CHECK(pair.compared([&] { Pair::fill(pair.right, "Content"), Pair::set_times(pair.right); }) == Texts{"f: content"});
  CHECK(pair.compared([&] { Pair::fill(pair.right, "short"), Pair::set_times(pair.right); }) == Texts{"f: size"});
}

TEST_CASE("mode and times, of folders too") {
  Pair pair;
  CHECK(pair.compared([&] { CHECK(::chmod(pair.file().c_str(), 0600) == 0); }) == Texts{"f: mode"});
  CHECK(pair.compared([&] { Pair::set_time(pair.file(), 1001); }) == Texts{"f: mode", "f: mtime"});
  CHECK(pair.compared([&] { CHECK(::chmod(pair.right.c_str(), 0700) == 0); }) == Texts{".: mode", "f: mode", "f: mtime"});
  CHECK(pair.compared([] {}, {.top = false}) == Texts{"f: mode", "f: mtime"});
}

TEST_CASE("attributes") {
  Pair pair;
  CHECK(pair.compared([&] { CHECK(::setxattr(pair.file().c_str(), "user.a", "1", 1, 0) == 0); }) == Texts{"f: attributes"});
  CHECK(pair.compared([&] { CHECK(::setxattr((pair.left + "/f").c_str(), "user.a", "2", 1, 0) == 0); }) == Texts{"f: attributes"});
}

TEST_CASE("owners, privileged attributes and devices") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root");
    return;
  }
  Pair pair;
  CHECK(pair.compared([&] { CHECK(::chown(pair.file().c_str(), 1, 2) == 0); }) == Texts{"f: user", "f: group"});
  CHECK(pair.compared([] {}, {.owners = false}) == Texts{});
  CHECK(pair.compared([&] { CHECK(::setxattr(pair.file().c_str(), "trusted.a", "1", 1, 0) == 0); }, {.owners = false}) ==
        Texts{"f: attributes"});
  CHECK(pair.compared([] {}, {.owners = false, .privileged_attributes = false}) == Texts{});
  Pair devices;
  CHECK(devices.compared([&] {
    CHECK(::mknod((devices.left + "/g").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);
    CHECK(::mknod((devices.right + "/g").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0);
    Pair::set_times(devices.left), Pair::set_times(devices.right);
  }) == Texts{"g: device"});
}

TEST_CASE("links") {
  Pair pair;
  CHECK(pair.compared([&] {
    CHECK(::symlink("one", (pair.left + "/g").c_str()) == 0);
    CHECK(::symlink("two", (pair.right + "/g").c_str()) == 0);
    Pair::set_times(pair.left), Pair::set_times(pair.right);
  }) == Texts{"g: link target"});
  Pair hard;
  CHECK(hard.compared([&] {
    CHECK(::link((hard.left + "/f").c_str(), (hard.left + "/g").c_str()) == 0);
    const Descriptor fd(::open((hard.right + "/g").c_str(), O_WRONLY | O_CREAT, 0644));
    CHECK(::write(fd.get(), "content", 7) == 7);
    Pair::set_times(hard.left), Pair::set_times(hard.right);
  }) == Texts{"g: hard link"});
}

TEST_CASE("holes and flags") {
  Pair pair;
  const auto grow = [](const std::string& side, bool filled) {
    const Descriptor fd(::open((side + "/f").c_str(), O_WRONLY));
    const std::string zeros(1 << 20, '\0');
    CHECK((filled ? ::pwrite(fd.get(), zeros.data(), zeros.size(), 4096) == 1 << 20 : ::ftruncate(fd.get(), (1 << 20) + 4096) == 0));
    Pair::set_times(side);
  };
  CHECK(pair.compared([&] { grow(pair.left, true), grow(pair.right, false); }) == Texts{"f: holes"});
  CHECK(pair.compared([] {}, {.holes = false}) == Texts{});
  int flags = FS_NODUMP_FL;
  const Descriptor fd(::open(pair.file().c_str(), O_RDONLY));
  if (::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) != 0) {
    WARN("skipped: no file flags here");
    return;
  }
  CHECK(compare_trees(pair.left, pair.right, {.holes = false}) == Texts{"f: flags"});
}

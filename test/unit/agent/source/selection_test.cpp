// What a walk leaves out: by patterns, by tags, by size, at mount points. What is named as a root never is.
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "agent/source/folder_tags.h"
#include "lib/base/files.h"
#include "lib/base/path_order.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"
#include "test/unit/agent/source/collect.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct Tree {
  TemporaryFolder folder;
  const std::string root = folder.path().string();

  explicit Tree(const Texts& files) {
    for (const std::string& name : files) file(name, "x");
  }
  void file(const std::string& name, std::string_view text) const { put_below(root, name, text); }
  // The names below the root that a walk finds, in order; roots as names, too.
  Texts walked(WalkOptions options, const Texts& roots = {""}) const {
    Texts paths, names;
    for (const std::string& name : roots) paths.push_back(name.empty() ? root : root + "/" + name);
    const Collected found = collected(paths, options);
    CHECK(found.problems.empty());
    const Texts all = found.paths();
    CHECK(std::is_sorted(all.begin(), all.end(), PathLess()));
    for (const std::string& path : all)
      if (path != root) names.push_back(path.substr(root.size() + 1));
    return names;
  }
  // Patterns begin at the tree's root.
  Texts walked_with(const Texts& patterns, const Texts& roots = {""}) const {
    const PathGlob globs = PathGlob::parse(patterns).value();
    WalkOptions options;
    options.choose = [&](std::string_view path, bool is_directory) { return globs.choice(path.substr(root.size()), is_directory); };
    return walked(options, roots);
  }
};

const std::string kTagText = std::string(kCacheTagSignature) + "\n# made by a test\n";

}  // namespace

TEST_CASE("a folder that is left out is an entry when something in it was taken back, and not otherwise") {
  const Tree tree({"a/cache/deep/keep", "a/cache/deep/x", "a/cache/other/x", "a/cache/y", "a/z", "b/cache/x"});
  CHECK(tree.walked_with({"cache"}) == Texts{"a", "a/z", "b"});
  CHECK(tree.walked_with({"cache", "!keep"}) == Texts{"a", "a/cache", "a/cache/deep", "a/cache/deep/keep", "a/z", "b"});
  CHECK(tree.walked_with({"cache", "!/a/cache/deep"}) == Texts{"a", "a/cache", "a/cache/deep", "a/cache/deep/keep", "a/cache/deep/x", "a/z", "b"});
  CHECK(tree.walked_with({"!keep", "cache"}) == Texts{"a", "a/z", "b"});
}

// The kernel says whether it was, to root as well. A folder that is looked into shows that it would have.
TEST_CASE("a folder in which nothing can be taken back is not read") {
  const Tree tree({"cache/x", "keep/y"});
  const Descriptor told(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  REQUIRE(told);
  REQUIRE(::inotify_add_watch(told.get(), (tree.root + "/cache").c_str(), IN_OPEN | IN_ONLYDIR) >= 0);
  const auto was_opened = [&] {
    std::array<char, 4096> events;
    return ::read(told.get(), events.data(), events.size()) > 0;
  };
  CHECK(tree.walked_with({"cache", "!/keep/y"}) == Texts{"keep", "keep/y"});
  CHECK_FALSE(was_opened());
  CHECK(tree.walked_with({"cache", "!y"}) == Texts{"keep", "keep/y"});
  CHECK(was_opened());
}

TEST_CASE("of a folder with a cache tag the tag stays alone, if it is one") {
  const Tree tree({"no/CACHEDIR.TAG", "no/x"});
  tree.file("yes/CACHEDIR.TAG", kTagText), tree.file("yes/x", "x"), tree.file("yes/A/y", "y");
  tree.file("bare/CACHEDIR.TAG", kCacheTagSignature), tree.file("bare/x", "x");
  tree.file("short/CACHEDIR.TAG", kCacheTagSignature.substr(1)), tree.file("short/x", "x");
  tree.file("link/x", "x");
  REQUIRE(::symlink("../yes/CACHEDIR.TAG", (tree.root + "/link/CACHEDIR.TAG").c_str()) == 0);
  const Texts found = tree.walked({.cache_tags = true});
  CHECK(found == Texts{"bare", "bare/CACHEDIR.TAG", "link", "link/CACHEDIR.TAG", "link/x", "no", "no/CACHEDIR.TAG", "no/x", "short", "short/CACHEDIR.TAG",
                       "short/x", "yes", "yes/CACHEDIR.TAG"});
  CHECK(tree.walked({}, {"yes"}).size() == 5);
  CHECK(tree.walked({.cache_tags = true}, {"yes"}) == Texts{"yes", "yes/CACHEDIR.TAG"});
}

TEST_CASE("a tag by name counts whatever it is, and so does one that a pattern leaves out") {
  const Tree tree({"a/.nobackup", "a/x", "a/sub/y", "b/.git/config", "b/x", "c/x", "d/.nobackup", "d/.git/config", "d/x"});
  WalkOptions options{.tags = {".nobackup", ".git"}};
  CHECK(tree.walked(options) == Texts{"a", "a/.nobackup", "b", "b/.git", "c", "c/x", "d", "d/.git", "d/.nobackup"});
  options.choose = [](std::string_view path, bool) { return path.ends_with("/.nobackup") ? PathChoice::leave : PathChoice::take; };
  CHECK(tree.walked(options) == Texts{"a", "b", "b/.git", "c", "c/x", "d", "d/.git"});
}

TEST_CASE("files over the size are left out, but those that are named") {
  Tree tree({"a/small"});
  tree.file("a/exact", std::string(100, 'x')), tree.file("a/over", std::string(101, 'x')), tree.file("over", std::string(101, 'x'));
  CHECK(tree.walked({.file_bytes_max = 100}) == Texts{"a", "a/exact", "a/small"});
  CHECK(tree.walked({.file_bytes_max = 100}, {"", "over"}) == Texts{"a", "a/exact", "a/small", "over"});
  CHECK(tree.walked({.file_bytes_max = 100}, {"a/over"}) == Texts{"a/over"});
}

TEST_CASE("a root stays, whatever left-out folder of another root it lies in, and in its place") {
  const Tree tree({"a/b/c/x", "a/b/c/y", "a/b/d/x", "a/b/z", "q"});
  tree.file("t/CACHEDIR.TAG", kTagText), tree.file("t/A/in", "x"), tree.file("t/A/out", "x"), tree.file("t/Z/in", "x"), tree.file("t/Z/more/x", "x");
  CHECK(tree.walked_with({"/a/b", "!/a/b/c"}, {"", "a/b/d"}) ==
        Texts{"a", "a/b", "a/b/c", "a/b/c/x", "a/b/c/y", "a/b/d", "q", "t", "t/A", "t/A/in", "t/A/out", "t/CACHEDIR.TAG", "t/Z", "t/Z/in", "t/Z/more", "t/Z/more/x"});
  CHECK(tree.walked_with({"/a/b"}, {"", "a/b/d", "a/b/d/x"}) ==
        Texts{"a", "a/b/d", "a/b/d/x", "q", "t", "t/A", "t/A/in", "t/A/out", "t/CACHEDIR.TAG", "t/Z", "t/Z/in", "t/Z/more", "t/Z/more/x"});
  CHECK(tree.walked({.cache_tags = true}, {"t", "t/A/in", "t/Z", "t/Z/more"}) ==
        Texts{"t", "t/A/in", "t/CACHEDIR.TAG", "t/Z", "t/Z/in", "t/Z/more", "t/Z/more/x"});
}

TEST_CASE("a folder that is looked into has its entry before a root in it, whatever is taken back behind that") {
  const Tree tree({"a/disk/data/x", "a/disk/y", "a/notes", "a/z"});
  CHECK(tree.walked_with({"/a", "!/a/notes"}, {"", "a/disk/data"}) == Texts{"a", "a/disk/data", "a/notes"});
  CHECK(tree.walked_with({"/a", "!/a/disk/y", "!/a/notes"}, {"", "a/disk/data"}) == Texts{"a", "a/disk", "a/disk/data", "a/disk/y", "a/notes"});
}

TEST_CASE("one file system: a mount point is an empty folder, unless it or something in it is named") {
  const Tree tree({"disk/none", "x"});
  const std::string disk = tree.root + "/disk";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  tree.file("disk/a/file", "x"), tree.file("disk/b", "x");
  CHECK(tree.walked({}) == Texts{"disk", "disk/a", "disk/a/file", "disk/b", "x"});
  CHECK(tree.walked({.one_file_system = true}) == Texts{"disk", "x"});
  CHECK(tree.walked({.one_file_system = true}, {"", "disk"}) == Texts{"disk", "disk/a", "disk/a/file", "disk/b", "x"});
  CHECK(tree.walked({.one_file_system = true}, {"", "disk/a"}) == Texts{"disk", "disk/a", "disk/a/file", "x"});
  WalkOptions options{.one_file_system = true};
  options.choose = [&](std::string_view path, bool is_directory) {
    return path == disk || path == disk + "/a" ? (is_directory ? PathChoice::look_inside : PathChoice::leave) : PathChoice::take;
  };
  CHECK(tree.walked(options, {"", "disk/a"}) == Texts{"disk/a", "disk/a/file", "x"});
  CHECK(::umount(disk.c_str()) == 0);
}

TEST_CASE("a FIFO called as the tag of a cache is none, and is not opened to know it") {
  const Tree tree({"cache/x"});
  const std::string fifo = tree.root + "/cache/CACHEDIR.TAG";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const Descriptor watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  REQUIRE(::inotify_add_watch(watch.get(), fifo.c_str(), IN_OPEN) >= 0);
  CHECK(tree.walked({.cache_tags = true}) == Texts{"cache", "cache/CACHEDIR.TAG", "cache/x"});
  std::array<char, 4096> events;
  CHECK(::read(watch.get(), events.data(), events.size()) == -1);
  CHECK(errno == EAGAIN);
}

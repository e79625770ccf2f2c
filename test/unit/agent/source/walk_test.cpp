#include "agent/source/walk.h"

#include "test/support/catch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "lib/base/files.h"
#include "lib/base/path_order.h"
#include "test/support/awkward_tree.h"
#include "test/support/temporary_folder.h"
#include "test/unit/agent/source/collect.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct Tree {
  TemporaryFolder folder;
  std::string root = folder / "root";
  Tree() { make_folders(root).value(); }
  ~Tree() { clear_tree(folder.path()); }
  void file(const std::string& name, std::string_view text = "x") const { put_below(root, name, text); }
  Texts below(const Collected& found) const {
    Texts names;
    for (const std::string& path : found.paths()) names.push_back(path == root ? "." : path.substr(root.size() + 1));
    return names;
  }
};

PathChoice leave_if(bool left_out) { return left_out ? PathChoice::leave : PathChoice::take; }

Error error_of(const std::vector<std::string>& roots) {
  AccountNames names;
  Collected sink;
  const Result<void> walked = walk(roots, {}, names, sink);
  CHECK(sink.entries.empty());
  return walked.error();
}

// A write lease on a file, as a file server takes one for a client that writes: until it is given up nobody can open the file.
class Lease {
 public:
  explicit Lease(const std::string& path) : usual_(std::signal(SIGIO, SIG_IGN)), fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    held_ = ::fcntl(fd_.get(), F_SETLEASE, F_WRLCK) == 0;
  }
  ~Lease() { give_up(), std::signal(SIGIO, usual_); }
  Lease(const Lease&) = delete;
  bool held() const { return held_; }
  bool is_asked_for() const { return ::fcntl(fd_.get(), F_GETLEASE) != F_WRLCK; }
  void give_up() { ::fcntl(fd_.get(), F_SETLEASE, F_UNLCK); }

 private:
  void (*usual_)(int);
  Descriptor fd_;
  bool held_ = false;
};

}  // namespace

TEST_CASE("a file under a lease is waited for, and told where nobody waits any more") {
  const Tree tree;
  for (const char* name : {"a", "leased", "z"}) tree.file(name);
  Lease lease(tree.root + "/leased");
  if (!lease.held()) {
    WARN("skipped: no leases here: " << std::strerror(errno));
    return;
  }
  std::vector<unsigned> waits;
  WalkOptions options;
  options.wait_for_lease = [&](unsigned again) { return waits.push_back(again), again < 3; };
  const Collected without = collected({tree.root}, options);
  CHECK(waits == std::vector<unsigned>{0, 1, 2, 3});
  CHECK(lease.is_asked_for());
  CHECK(tree.below(without) == Texts{".", "a", "z"});
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].path == tree.root + "/leased");
  CHECK(without.problems[0].text == "another program has a lease on it (a file server, for a client that writes) and did not give it up");
  CHECK(collected({tree.root}).problems.size() == 1);
  options.wait_for_lease = [&](unsigned again) {
    if (again == 2) lease.give_up();
    return true;
  };
  const Collected with = collected({tree.root}, options);
  CHECK(tree.below(with) == Texts{".", "a", "leased", "z"});
  CHECK(with.problems.empty());
}

TEST_CASE("entries come in path order, a folder directly before all below it") {
  const Tree tree;
  for (const char* name : {"a/z", "a.b", "a0", "a/b/c", "B", "\xff", "-rf"}) tree.file(name);
  CHECK(tree.below(collected({tree.root})) == Texts{".", "-rf", "B", "a", "a/b", "a/b/c", "a/z", "a.b", "a0", "\xff"});
}

TEST_CASE("the awkward tree is read whole, in order, with few folders open") {
  const Tree tree;
  build_awkward_tree(tree.root);
  WalkOptions options;
  options.open_directories_max = 2;
  const Collected found = collected({tree.root}, options);
  const Texts paths = found.paths();
  CHECK(std::is_sorted(paths.begin(), paths.end(), PathLess()));
  CHECK(std::any_of(paths.begin(), paths.end(), [](const std::string& path) { return path.size() > 5000; }));
  if (::geteuid() == 0) CHECK(found.problems.empty());
  CHECK(found.find(tree.root + "/a.d/hard-2")->hard_link.empty());
  CHECK(found.find(tree.root + "/hard-1")->hard_link == tree.root + "/a.d/hard-2");
  CHECK(found.find(tree.root + "/z-hard-3")->hard_link == tree.root + "/a.d/hard-2");
  CHECK(found.find(tree.root + "/z-dangling")->hard_link == tree.root + "/dangling");
  CHECK(found.find(tree.root + "/dangling")->link_target == "no/such\nplace");
  CHECK(found.find(tree.root + "/before-1970")->mtime == FileTime{-1, 999999999});
  CHECK(found.find(tree.root + "/after-2038")->mtime == FileTime{4102444800, 1});
  CHECK(found.find(tree.root + "/fifo")->kind == FileKind::fifo);
  CHECK(found.find(tree.root + "/socket")->kind == FileKind::socket);
  CHECK(found.find(tree.root + "/sparse-all")->data_extents == std::vector<FileExtent>{{64 << 20, 0}});
  CHECK(found.find(tree.root + "/plain")->data_extents.empty());
  CHECK(found.find(tree.root + "/acl")->attributes.contains(std::string(kAccessAclAttribute)));
}

TEST_CASE("several roots are one walk in order, and one inside another is walked once") {
  const Tree tree;
  for (const char* name : {"b/x", "a/y", "a/c/z"}) tree.file(name);
  const Collected found = collected({tree.root + "/b", tree.root + "/a//c/", tree.root + "/a", tree.root + "/b"});
  CHECK(tree.below(found) == Texts{"a", "a/c", "a/c/z", "a/y", "b", "b/x"});
  CHECK(tree.below(collected({tree.root + "/b/x"})) == Texts{"b/x"});
}

TEST_CASE("a source that does not exist is an error, never an empty walk") {
  const Tree tree;
  tree.file("a");
  const Error missing = error_of({tree.root, tree.root + "/missing"});
  CHECK(missing.kind() == ErrorKind::not_found);
  CHECK(missing.text() == "no such source: '" + tree.root + "/missing'; nothing was backed up");
  CHECK(error_of({tree.root + "/a/b"}).text() == "no such source: '" + tree.root + "/a/b'; nothing was backed up");
  CHECK(error_of({"relative"}).text() == "'relative' is not an absolute path");
  CHECK(error_of({}).text() == "no source to back up");
}

TEST_CASE("of roots that are empty folders the caller hears, and of no others") {
  const Tree tree;
  for (const char* name : {"full/a", "excluded/a.tmp", "file"}) tree.file(name);
  for (const char* name : {"empty", "below/empty", "below/root"}) make_folders(tree.root + "/" + name).value();
  struct stat facts {};
  REQUIRE(::stat((tree.root + "/empty").c_str(), &facts) == 0);
  std::vector<EmptyRoot> heard;
  WalkOptions options;
  options.choose = [](std::string_view path, bool) { return leave_if(path.ends_with(".tmp")); };
  options.empty_root = [&](const EmptyRoot& root) { heard.push_back(root); };
  std::vector<std::string> roots;
  for (const char* name : {"below", "below/root", "empty", "excluded", "file", "full"}) roots.push_back(tree.root + "/" + name);
  collected(roots, options);
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].path == tree.root + "/below/root");
  CHECK(heard[1].path == tree.root + "/empty");
  CHECK(heard[1].inode == facts.st_ino);
  CHECK(heard[1].ctime == FileTime{facts.st_ctim.tv_sec, static_cast<uint32_t>(facts.st_ctim.tv_nsec)});
  CHECK(heard[1].born.value_or(heard[1].ctime) <= heard[1].ctime);
}

TEST_CASE("what is excluded is neither an entry nor descended into") {
  const Tree tree;
  for (const char* name : {"keep/a.tmp", "keep/b", "cache/x", "cachet"}) tree.file(name);
  WalkOptions options;
  options.choose = [&](std::string_view path, bool is_directory) {
    return leave_if(path.ends_with(".tmp") || (is_directory && path == tree.root + "/cache") || path == tree.root);
  };
  CHECK(tree.below(collected({tree.root}, options)) == Texts{".", "cachet", "keep", "keep/b"});
}

TEST_CASE("symlinks are followed on the way to a root, and nowhere else") {
  const Tree tree;
  tree.file("real/sub/file");
  REQUIRE(::symlink("real", (tree.root + "/link").c_str()) == 0);
  CHECK(tree.below(collected({tree.root + "/link/sub"})) == Texts{"link/sub", "link/sub/file"});
  CHECK(tree.below(collected({tree.root + "/link"})) == Texts{"link"});
  CHECK(tree.below(collected({tree.root})) == Texts{".", "link", "real", "real/sub", "real/sub/file"});
}

TEST_CASE("a folder that vanishes while the walk stands in it is a problem, not an end") {
  const Tree tree;
  for (const char* name : {"a/b/c/d/file", "a/z", "later"}) tree.file(name);
  struct Mover : Collected {
    std::string root;
    void entry(FileEntry entry, Descriptor opened) override {
      if (entry.path.ends_with("/d")) CHECK(::rename((root + "/a/b").c_str(), (root + "/moved").c_str()) == 0);
      Collected::entry(std::move(entry), std::move(opened));
    }
  } sink;
  sink.root = tree.root;
  AccountNames names;
  WalkOptions options;
  options.open_directories_max = 2;
  REQUIRE(walk({tree.root}, options, names, sink));
  CHECK(tree.below(sink) == Texts{".", "a", "a/b", "a/b/c", "a/b/c/d", "a/b/c/d/file", "a/z", "later"});
}

TEST_CASE("a name that vanishes between listing and opening is named") {
  const Tree tree;
  for (const char* name : {"a", "b", "c"}) tree.file(name);
  struct Remover : Collected {
    std::string root;
    void entry(FileEntry entry, Descriptor opened) override {
      if (entry.path.ends_with("/a")) CHECK(::unlink((root + "/b").c_str()) == 0);
      Collected::entry(std::move(entry), std::move(opened));
    }
  } sink;
  sink.root = tree.root;
  AccountNames names;
  REQUIRE(walk({tree.root}, {}, names, sink));
  CHECK(tree.below(sink) == Texts{".", "a", "c"});
  REQUIRE(sink.problems.size() == 1);
  CHECK(sink.problems[0].path == tree.root + "/b");
  CHECK(sink.problems[0].text == "vanished while it was listed");
}

TEST_CASE("what the sink takes over is not opened, but a folder is listed") {
  const Tree tree;
  for (const char* name : {"known/a", "known/b", "new"}) tree.file(name);
  REQUIRE(::link((tree.root + "/known/a").c_str(), (tree.root + "/link").c_str()) == 0);
  struct Knowing : Collected {
    std::vector<FileEntry> known;
    bool take_over(const FileEntry& facts) override {
      if (facts.path.find("/known") == std::string::npos) return false;
      known.push_back(facts);
      return true;
    }
    void entry(FileEntry entry, Descriptor opened) override {
      CHECK(static_cast<bool>(opened) == (entry.kind == FileKind::regular));
      Collected::entry(std::move(entry), std::move(opened));
    }
  } sink;
  AccountNames names;
  REQUIRE(walk({tree.root}, {}, names, sink));
  CHECK(tree.below(sink) == Texts{".", "link", "new"});
  REQUIRE(sink.known.size() == 3);
  CHECK(sink.known[1].path == tree.root + "/known/a");
  CHECK(sink.known[1].size == 1);
  CHECK(sink.find(tree.root + "/link")->hard_link == tree.root + "/known/a");
}

TEST_CASE("pseudo file systems are not walked unless they are a root") {
  WalkOptions options;
  options.choose = [](std::string_view path, bool) { return leave_if(path != "/proc"); };
  CHECK(collected({"/"}, options).paths() == Texts{"/", "/proc"});
  options.choose = [](std::string_view path, bool) { return leave_if(path != "/proc/self"); };
  CHECK(collected({"/proc"}, options).paths() == Texts{"/proc", "/proc/self"});
}

// The walk goes in two threads, of which one is ahead: what changes between the two, what is held in between, and how both end. A small tree is
// examined whole before the sink hears of its first entry.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "agent/source/scout.h"
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
  const std::string root = folder / "root";
  Tree() { make_folders(root).value(); }
  void file(const std::string& name, std::string_view text = "x") const { put_below(root, name, text); }
  std::string at(const std::string& name) const { return root + "/" + name; }
};

uint64_t inode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_ino;
}

// Does something at the first entry below the root.
struct Disturbed : Collected {
  std::function<void()> disturb;
  void entry(FileEntry entry, Descriptor opened) override {
    if (entries.size() == 1) disturb();
    Collected::entry(std::move(entry), std::move(opened));
  }
};

Disturbed walked(const Tree& tree, std::function<void()> disturb, const WalkOptions& options = {}) {
  Disturbed sink;
  sink.disturb = std::move(disturb);
  AccountNames names;
  walk({tree.root}, options, names, sink).value();
  return sink;
}

size_t open_descriptors() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("a file that was replaced since it was examined is an entry as it is now") {
  const Tree tree;
  for (const char* name : {"a", "b", "c"}) tree.file(name);
  tree.file("../new", "longer");
  const uint64_t inode = inode_of(tree.root + "/../new");
  const Disturbed found = walked(tree, [&] {
    CHECK(::rename((tree.root + "/../new").c_str(), tree.at("b").c_str()) == 0);
    CHECK(::unlink(tree.at("c").c_str()) == 0);
    CHECK(::symlink("a", tree.at("c").c_str()) == 0);
  });
  CHECK(found.problems.empty());
  REQUIRE(found.find(tree.at("b")));
  CHECK(found.find(tree.at("b"))->inode == inode);
  CHECK(found.find(tree.at("b"))->size == 6);
  REQUIRE(found.find(tree.at("c")));
  CHECK(found.find(tree.at("c"))->link_target == "a");
}

TEST_CASE("a file that has grown over what may be taken since it was examined is left out") {
  const Tree tree;
  for (const char* name : {"a", "b", "c"}) tree.file(name);
  const Disturbed found = walked(tree, [&] { tree.file("b", "far too long"); }, {.file_bytes_max = 5});
  CHECK(found.problems.empty());
  CHECK(found.paths() == Texts{tree.root, tree.at("a"), tree.at("c")});
}

TEST_CASE("roots that are files, each in a folder of its own, hold no more folders open than a stretch may") {
  TemporaryFolder folder;
  std::vector<std::string> roots;
  for (int i = 0; i < 500; ++i) {
    const std::string name = std::to_string(1000 + i) + "/file";
    put_below(folder.path(), name, "x");
    roots.push_back(folder / name);
  }
  struct Counting : Collected {
    size_t most = 0;
    void entry(FileEntry entry, Descriptor opened) override {
      most = std::max(most, open_descriptors());
      Collected::entry(std::move(entry), std::move(opened));
    }
  } sink;
  AccountNames names;
  const size_t before = open_descriptors();
  walk(roots, {}, names, sink).value();
  CHECK(sink.entries.size() == roots.size());
  CHECK(sink.most - before < 5 * Scouted::kFoldersMax);
}

TEST_CASE("a file that became a folder, or vanished, since it was examined is named") {
  const Tree tree;
  for (const char* name : {"a", "b", "c"}) tree.file(name);
  const Disturbed found = walked(tree, [&] {
    CHECK(::unlink(tree.at("b").c_str()) == 0);
    CHECK(::mkdir(tree.at("b").c_str(), 0755) == 0);
    CHECK(::unlink(tree.at("c").c_str()) == 0);
  });
  CHECK(found.paths() == Texts{tree.root, tree.at("a")});
  REQUIRE(found.problems.size() == 2);
  CHECK(found.problems[0].path == tree.at("b"));
  CHECK(found.problems[0].text == "became another file while it was listed");
  CHECK(found.problems[1].path == tree.at("c"));
  CHECK(found.problems[1].text == "vanished while it was listed");
}

TEST_CASE("a folder that is exchanged for a symlink since it was examined leads nowhere else") {
  const Tree tree;
  for (const char* name : {"a", "f/x", "../elsewhere/x"}) tree.file(name);
  const uint64_t folder = inode_of(tree.at("f")), file = inode_of(tree.at("f/x"));
  const Disturbed found = walked(tree, [&] {
    CHECK(::rename(tree.at("f").c_str(), (tree.root + "/../moved").c_str()) == 0);
    CHECK(::symlink("../elsewhere", tree.at("f").c_str()) == 0);
  });
  CHECK(found.problems.empty());
  CHECK(found.paths() == Texts{tree.root, tree.at("a"), tree.at("f"), tree.at("f/x")});
  CHECK(found.find(tree.at("f"))->inode == folder);
  CHECK(found.find(tree.at("f/x"))->inode == file);
}

TEST_CASE("stretches are bounded, and together they are every entry in order, with few descriptors") {
  const Tree tree;
  constexpr size_t kFiles = 3 * Scouted::kEntriesMax, kFolders = 4 * Scouted::kFoldersMax;
  for (size_t file = 0; file < kFiles; ++file) tree.file("many/" + std::to_string(file));
  for (size_t folder = 0; folder < kFolders; ++folder) make_folders(tree.at("folders/" + std::to_string(folder) + "/a/b")).value();
  const Roots roots{{tree.root}, {tree.root}};
  const WalkOptions options{.open_directories_max = 2};
  const size_t before = open_descriptors();
  size_t stretches = 0;
  std::string path;
  Texts paths;
  Scout(roots, options, [&](Scouted stretch) {
    size_t entries = 0;
    stretch.each(
        [&](const Scouted::Entry& entry, std::string_view rest) {
          path.resize(entry.kept);
          path += rest;
          paths.push_back(path);
          ++entries;
          CHECK((stretch.opened_of(entry) >= 0) == S_ISDIR(entry.facts.st_mode));
        },
        [](const Scouted::Note&) { FAIL("nothing went wrong"); });
    CHECK(entries <= Scouted::kEntriesMax);
    CHECK(open_descriptors() <= before + 1 + options.open_directories_max + 3 * Scouted::kFoldersMax);   // those of the iterator and of the parent, too
    ++stretches;
  }).run();
  CHECK(stretches >= 3 + 4);
  CHECK(paths.size() == 3 + kFiles + 3 * kFolders);
  CHECK(std::adjacent_find(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return !path_less(a, b); }) == paths.end());
  CHECK(paths == collected({tree.root}).paths());
}

TEST_CASE("a folder that is looked into has its entry wherever a stretch ends") {
  for (size_t files = Scouted::kEntriesMax - 4; files <= Scouted::kEntriesMax; ++files) {
    const Tree tree;
    for (size_t file = 0; file < files; ++file) tree.file("a" + std::to_string(file));
    for (const char* name : {"b/c/left", "b/d/e/keep", "b/d/e/left", "b/f/left", "c/left"}) tree.file(name);
    WalkOptions options;
    options.choose = [&](std::string_view path, bool is_folder) {
      if (!path_is_within(path, tree.at("b")) && !path_is_within(path, tree.at("c"))) return PathChoice::take;
      return is_folder ? PathChoice::look_inside : path.ends_with("/keep") ? PathChoice::take : PathChoice::leave;
    };
    const Texts paths = collected({tree.root}, options).paths();
    CHECK(Texts(paths.begin() + 1 + static_cast<ptrdiff_t>(files), paths.end()) == Texts{tree.at("b"), tree.at("b/d"), tree.at("b/d/e"), tree.at("b/d/e/keep")});
  }
}

TEST_CASE("what a sink or a choice throws ends both threads") {
  const Tree tree;
  for (size_t file = 0; file < 8 * Scouted::kEntriesMax; ++file) tree.file(std::to_string(file));
  struct Failing : Collected {
    bool take_over(const FileEntry&) override { throw Error(ErrorKind::closed, "enough"); }
  } failing;
  AccountNames names;
  CHECK_THROWS_AS(walk({tree.root}, {}, names, failing).value(), Error);
  Collected sink;
  WalkOptions options;
  options.choose = [&, asked = 0](std::string_view, bool) mutable {
    if (++asked == 1000) throw Error(ErrorKind::failed, "a choice");
    return PathChoice::take;
  };
  CHECK_THROWS_AS(walk({tree.root}, options, names, sink).value(), Error);
}

TEST_CASE("where no thread is to be had the walk does it all itself") {
  const Tree tree;
  for (const char* name : {"a/b", "c"}) tree.file(name);
  for (const std::string& path : {tree.folder.path().string(), tree.root, tree.at("a"), tree.at("a/b"), tree.at("c")})
    std::filesystem::permissions(path, std::filesystem::perms::all);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const rlimit none{0, 0};
    const bool limited = (::geteuid() != 0 || ::setresuid(kNobody, kNobody, kNobody) == 0) && ::setrlimit(RLIMIT_NPROC, &none) == 0;
    bool refused = false;
    try {
      std::thread([] {}).join();
    } catch (const std::system_error&) {
      refused = true;
    }
    ::_exit(limited && refused && collected({tree.root}).entries.size() == 4 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("the walk ends when it is stopped, though all that it meets is left out and nothing of it comes through") {
  const Tree tree;
  constexpr size_t kFiles = 3000;
  for (size_t i = 0; i < kFiles; ++i) REQUIRE(Descriptor(::open(tree.at("file" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT, 0644)));
  std::atomic<size_t> chosen = 0;
  WalkOptions options;
  options.choose = [&](std::string_view, bool) { return ++chosen, PathChoice::leave; };
  options.stopped = [&] { return chosen > 0; };
  AccountNames names;
  Collected sink;
  try {
    static_cast<void>(walk({tree.root}, options, names, sink));
    FAIL("it was not stopped");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::interrupted);
  }
  CHECK(chosen < 1000);
}

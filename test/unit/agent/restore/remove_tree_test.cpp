#include "agent/restore/remove_tree.h"

#include <fcntl.h>
#include <sys/inotify.h>

#include <thread>

#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

namespace sparekeep::agent {
namespace {

constexpr int kFiles = 4'000;
constexpr int kRacesMax = 50;

void make_file(const Path& file) { write_all(Descriptor(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).get(), as_bytes("x")).value(); }

// What a user does who waits until the first file of `folder` goes, and then moves it away.
class Mover {
 public:
  Mover(const Path& folder, const Path& to) : watch_(::inotify_init1(IN_CLOEXEC)) {
    REQUIRE(::inotify_add_watch(watch_.get(), folder.c_str(), IN_DELETE) >= 0);
    thread_ = std::thread([this, folder, to] {
      char events[4096];
      if (::read(watch_.get(), events, sizeof events) > 0) moved_ = ::rename(folder.c_str(), to.c_str()) == 0;
    });
  }
  Mover(const Mover&) = delete;
  ~Mover() { moved(); }
  bool moved() {
    if (thread_.joinable()) thread_.join();
    return moved_;
  }

 private:
  Descriptor watch_;
  bool moved_ = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a tree goes whole, symlinks are not followed, and nothing there is no error", "[remove_tree]") {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder / "target/extra/a/b/c");
  std::filesystem::create_directories(folder / "elsewhere");
  make_file(folder / "elsewhere/kept");
  make_file(folder / "target/extra/a/b/file");
  std::filesystem::create_directory_symlink(folder / "elsewhere", folder / "target/extra/a/link");
  const Descriptor target(::open((folder / "target").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  remove_tree(target.get(), "extra").value();
  remove_tree(target.get(), "extra").value();
  CHECK_FALSE(std::filesystem::exists(folder / "target/extra"));
  CHECK(std::filesystem::exists(folder / "elsewhere/kept"));
}

// Whoever owns a tree can move a folder of it away while it is removed: ".." of that folder is then another one, with names of others.
TEST_CASE("a folder that is moved out while it is removed leads nobody to where it was moved", "[remove_tree]") {
  for (int race = 0; race < kRacesMax; ++race) {
    TemporaryFolder folder;
    std::filesystem::create_directories(folder / "target/extra/z");
    std::filesystem::create_directories(folder / "elsewhere/folder");
    for (int i = 0; i < kFiles; ++i) make_file(folder / "target/extra/z" / std::to_string(i));
    for (const Path& place : {folder / "target/extra", folder / "elsewhere"}) make_file(place / "victim");
    make_file(folder / "elsewhere/folder/file");
    std::filesystem::create_directory(folder / "target/extra/folder");
    const Descriptor target(::open((folder / "target").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Mover mover(folder / "target/extra/z", folder / "elsewhere/z");
    const Result<void> removed = remove_tree(target.get(), "extra");
    if (!mover.moved()) continue;         // it was too late, and the tree has gone
    CHECK(std::filesystem::exists(folder / "elsewhere/victim"));
    CHECK(std::filesystem::exists(folder / "elsewhere/folder/file"));
    REQUIRE_FALSE(removed);
    CHECK(removed.error().text() == "'z' was moved while it was removed");
    return;
  }
  FAIL("the folder was never moved in time");
}

}  // namespace sparekeep::agent

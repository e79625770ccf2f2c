// A source that is not mounted is never a complete snapshot of an empty folder, however often it is backed up; one that was emptied is.
#include "agent/backup/emptied_root.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "lib/vault/manifest_writer.h"
#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"
#include "test/unit/agent/source/collect.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr Layout kLayout{2, 2};
constexpr size_t kFileBytes = 8 << 20;

// In a view of the mounts that only this process has.
bool can_mount() { return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

bool mount_at(const Path& folder, const char* what) {
  const bool bind = what[0] == '/';
  return ::mount(what, folder.c_str(), bind ? nullptr : "tmpfs", bind ? MS_BIND : 0, bind ? nullptr : "size=32m") == 0;
}

// Two roots: one with a file of its own, and the mount point of what is elsewhere.
struct MountBench : BackupBench {
  MountBench() : BackupBench(4), disk(source / "disk"), elsewhere(state / "elsewhere") {
    for (const Path& folder : {disk, elsewhere, source / "other"}) make_folders(folder).value();
    write("other/file", 1000, 1);
  }
  RunResult run() {
    Order all = order(kLayout);
    all.backup.paths = {disk.string(), (source / "other").string()};
    return back_up(all);
  }
  const Path disk, elsewhere;
};

constexpr const char* kHeldFiles = "held files in an earlier backup";
constexpr const char* kNobodyKnows = "the memory of the last snapshot, which would tell whether it held files, is damaged";

void check_missing(const RunResult& run, const Path& root, const std::string& why = kHeldFiles) {
  CHECK(run.state == "partial");
  REQUIRE(run.errors.size() == 1);
  CHECK(run.errors[0].kind == "partial");
  CHECK(run.errors[0].path == root.string());
  CHECK(run.errors[0].text == "it is an empty folder, and " + why + ": mount what belongs there, or, when it is meant to be empty, put a file into it");
}

std::vector<Path> memory_files(const BackupBench& bench, const std::string& suffix) {
  std::vector<Path> files;
  for (const std::string& name : list_folder(bench.vault.folder()).value())
    if (name.starts_with(bench.job.hex()) && name.ends_with(suffix)) files.push_back(bench.vault.folder() / name);
  return files;
}

// As a power cut leaves what was not synced: as long as it was, of zeros.
void lose_content(const Path& file) {
  const size_t length = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, 0);
  std::filesystem::resize_file(file, length);
}

// Another folder than the one that was backed up, as that below a file system which is not mounted.
void take_away(const Path& folder) {
  std::filesystem::remove_all(folder);
  make_folders(folder).value();
}

// A root of today, and a snapshot before that held these.
std::optional<SourceProblem> asked(const EmptyRoot& now, const std::vector<FileEntry>& before) {
  std::vector<ManifestChunk> chunks;
  ManifestWriter writer([&](ManifestChunk chunk) { chunks.push_back(std::move(chunk)); });
  for (const FileEntry& file : before) writer.put({file, {}, {}});
  writer.finish();
  std::vector<std::string> first_paths;
  for (const ManifestChunk& chunk : chunks) first_paths.push_back(chunk.first_path);
  return emptied_root(now, ManifestReader(std::move(first_paths), [chunks](size_t number) { return chunks.at(number).plain; }));
}

FileEntry folder_at(const std::string& path, uint64_t inode, int64_t changed) {
  FileEntry folder{.kind = FileKind::directory, .path = path};
  folder.inode = inode, folder.ctime = {changed, 0}, folder.mode = 0755;
  return folder;
}

}  // namespace

TEST_CASE("a source that is not mounted is partial in every backup until it is, and the other sources are backed up") {
  MountBench bench;
  if (!can_mount() || !mount_at(bench.disk, "none")) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  bench.write("disk/file", kFileBytes, 2);
  CHECK(bench.run().state == "complete");
  REQUIRE(::umount(bench.disk.c_str()) == 0);
  for (const uint64_t seed : {3, 4, 5}) {
    bench.write("other/file", 3'000'000, seed);
    const RunResult missing = bench.run();
    check_missing(missing, bench.disk);
    CHECK(missing.files == 3);
  }
  CHECK(bench.run().new_bytes < 1 << 20);             // what the others have is not stored again and again
  REQUIRE(mount_at(bench.disk, "none"));
  check_missing(bench.run(), bench.disk);             // another file system, as empty
  bench.write("disk/file", kFileBytes, 2);
  const RunResult back = bench.run();
  CHECK(back.state == "complete");
  CHECK(back.new_bytes < 1 << 20);                    // what it held was not forgotten
  CHECK(::umount(bench.disk.c_str()) == 0);
}

TEST_CASE("a source inside another is watched like one beside it") {
  MountBench bench;
  if (!can_mount() || !mount_at(bench.disk, "none")) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  bench.write("disk/file", 1000, 2);
  Order both = bench.order(kLayout);
  both.backup.paths = {bench.source.path().string(), bench.disk.string()};
  CHECK(bench.back_up(both).state == "complete");
  REQUIRE(::umount(bench.disk.c_str()) == 0);
  check_missing(bench.back_up(both), bench.disk);
}

TEST_CASE("a folder of the same file system that is not mounted on its place any more is missing, too") {
  MountBench bench;
  if (!can_mount() || !mount_at(bench.disk, bench.elsewhere.c_str())) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  bench.write("disk/file", 1000, 2);
  CHECK(bench.run().state == "complete");
  REQUIRE(::umount(bench.disk.c_str()) == 0);
  check_missing(bench.run(), bench.disk);
}

TEST_CASE("a folder that was emptied is complete; one that was made anew is when it has held a file") {
  MountBench bench;
  bench.write("disk/file", 1000, 2);
  CHECK(bench.run().state == "complete");
  REQUIRE(std::filesystem::remove(bench.disk / "file"));
  CHECK(bench.run().state == "complete");
  CHECK(bench.run().state == "complete");
  bench.write("disk/file", 1000, 2);
  CHECK(bench.run().state == "complete");
  std::filesystem::remove_all(bench.disk);               // its inode may be given out again at once
  make_folders(bench.disk).value();
  check_missing(bench.run(), bench.disk);
  check_missing(bench.run(), bench.disk);
  bench.write("disk/keep", 0, 2);
  CHECK(bench.run().state == "complete");
  REQUIRE(std::filesystem::remove(bench.disk / "keep"));
  CHECK(bench.run().state == "complete");
}

TEST_CASE("where the memory of the last snapshot is damaged, and no system gives it back, an empty source is partial, and the files are there when it is back") {
  for (const char* part : {".manifest", ".snapshot"}) {
    MountBench bench;
    bench.write("disk/file", kFileBytes, 2);
    CHECK(bench.run().state == "complete");
    REQUIRE(memory_files(bench, part).size() == 1);
    lose_content(memory_files(bench, part).front());
    take_away(bench.disk);
    for (const auto& system : bench.systems)
      system->before_object = [](StoredKind kind, std::string_view) -> Result<void> {
        if (kind == StoredKind::record) return Error(ErrorKind::failed, "the disk says no");
        return {};
      };
    for (int run = 0; run < 2; ++run) check_missing(bench.run(), bench.disk, kNobodyKnows);
    for (const auto& system : bench.systems) system->before_object = {};
    const bool knows_which = part == std::string(".manifest");         // else the newest record is one without the source
    check_missing(bench.run(), bench.disk, knows_which ? kHeldFiles : kNobodyKnows);
    bench.write("disk/file", kFileBytes, 2);
    CHECK(bench.run().state == "complete");
    take_away(bench.disk);
    check_missing(bench.run(), bench.disk);               // the memory is whole again
  }
}

TEST_CASE("a memory of which only the new manifest is in place is that of the snapshot before") {
  MountBench bench;
  bench.write("disk/file", 1000, 2);
  CHECK(bench.run().state == "complete");
  const Path copy = bench.state / "copy";
  std::filesystem::copy(bench.vault.folder(), copy);
  bench.write("disk/another", 1000, 3);
  CHECK(bench.run().state == "complete");
  CHECK(memory_files(bench, ".manifest").size() == 1);
  using Copy = std::filesystem::copy_options;
  std::filesystem::copy(copy, bench.vault.folder(), Copy::recursive | Copy::overwrite_existing);
  CHECK(memory_files(bench, ".manifest").size() == 2);
  take_away(bench.disk);
  check_missing(bench.run(), bench.disk);
  bench.write("disk/file", 1000, 2);
  CHECK(bench.run().state == "complete");
  CHECK(memory_files(bench, ".manifest").size() == 1);
}

TEST_CASE("the memory of a release before, whose manifest had the name of the job alone, is read") {
  MountBench bench;
  bench.write("disk/file", 1000, 2);
  CHECK(bench.run().state == "complete");
  std::filesystem::rename(memory_files(bench, ".manifest").front(), bench.vault.folder() / (bench.job.hex() + ".manifest"));
  take_away(bench.disk);
  check_missing(bench.run(), bench.disk);
  CHECK_FALSE(std::filesystem::exists(bench.vault.folder() / (bench.job.hex() + ".manifest")));   // that release must not take it for the next one's
}

TEST_CASE("a source that has always been empty is complete") {
  MountBench bench;
  CHECK(bench.run().state == "complete");
  CHECK(bench.run().state == "complete");
}

TEST_CASE("of the first backup's empty sources each is told") {
  MountBench bench;
  CHECK(bench.run().warnings == std::vector<std::string>{"source '" + bench.disk.string() + "' is an empty folder: should anything be mounted there?"});
  CHECK(bench.run().warnings.empty());
}

TEST_CASE("where nothing is left to back up no snapshot is made, whatever took it away") {
  BackupBench bench(4);
  const std::string root = bench.source.path().string();
  Order order = bench.order(kLayout);
  const std::string text = "nothing to back up: nothing stands in '" + root + "', or all of it is left out; no snapshot was made";
  CHECK_THROWS_WITH(bench.back_up(order), text);
  bench.write("file", 1000, 1);
  CHECK(bench.back_up(order).state == "complete");
  REQUIRE(std::filesystem::remove(bench.source / "file"));
  CHECK_THROWS_WITH(bench.back_up(order), text);
  make_folders(bench.source / "inside").value();          // that is something
  CHECK(bench.back_up(order).files == 2);
  order.backup.paths.push_back((bench.source / "inside").string());
  CHECK_THROWS_WITH(bench.back_up(order), "nothing to back up: nothing stands in '" + root + "', '" + root + "/inside', or all of it is left out; no snapshot was made");
}

TEST_CASE("the folder of before is told from another by its inode, by having changed since, and by its birth") {
  const std::vector<FileEntry> before{folder_at("/a", 5, 90), folder_at("/a/b", 7, 100), folder_at("/a/b/c", 8, 100), folder_at("/a/bc", 9, 100)};
  CHECK_FALSE(asked({"/a/b", 7, {101, 0}, {}}, before));
  CHECK_FALSE(asked({"/a/b", 7, {101, 0}, FileTime{100, 0}}, before));
  CHECK(asked({"/a/b", 7, {101, 0}, FileTime{101, 0}}, before));
  CHECK(asked({"/a/b", 6, {101, 0}, {}}, before));
  CHECK(asked({"/a/b", 7, {100, 0}, {}}, before));       // another file system's, by accident: emptying moves the time
  CHECK(asked({"/a/b", 7, {99, 0}, {}}, before));
  CHECK_FALSE(asked({"/a/bc", 1, {1, 0}, {}}, before));
  CHECK_FALSE(asked({"/a/b/c", 1, {1, 0}, {}}, before));
  CHECK_FALSE(asked({"/b", 1, {1, 0}, {}}, before));
  CHECK(asked({"/a", 6, {101, 0}, {}}, before));
}

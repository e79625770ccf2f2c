// The file of marks: what was put is found again, and what is damaged is not known.
#include "agent/backup/chunk_marks.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

ChunkMark some_mark(Random& random, uint64_t beginning) {
  return {beginning, static_cast<uint32_t>(5000 + random.below(1 << 20)), random.id<GmacTag>(), random.id<ChunkId>()};
}

// In a view of the mounts that only this process has.
bool mount_full_soon(const Path& folder) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
}

bool knows(const ChunkMarks& marks, const ChunkMark& wanted) {
  const std::vector<ChunkMark> found = marks.find(wanted.beginning);
  return std::any_of(found.begin(), found.end(), [&](const ChunkMark& one) { return one.length == wanted.length && one.tag == wanted.tag && one.id == wanted.id; });
}

}  // namespace

TEST_CASE("marks are found by their beginning, after the file was opened again and after it has grown, with the key that they were made with") {
  SeededRandom random(1);
  TemporaryFolder folder;
  std::vector<ChunkMark> put;
  Bytes key;
  {
    ChunkMarks marks(folder.path(), 10, random);
    key.assign(marks.key().reveal().begin(), marks.key().reveal().end());
    for (int i = 0; i < 300; ++i) marks.put(put.emplace_back(some_mark(random, random.number())));
    CHECK(marks.find(1).empty());
  }
  for (const size_t chunks : {size_t{10}, size_t{100'000}, size_t{10}}) {
    const ChunkMarks marks(folder.path(), chunks, random);
    CHECK(same_secret(marks.key().reveal(), key));
    CHECK(std::all_of(put.begin(), put.end(), [&](const ChunkMark& mark) { return knows(marks, mark); }));
  }
  struct stat facts {};
  REQUIRE(::stat((folder / "chunk-marks").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
}

TEST_CASE("a file that was made for few chunks grows with many, in one run, and forgets next to none of them") {
  SeededRandom random(6);
  TemporaryFolder folder;
  std::vector<ChunkMark> put;
  ChunkMarks marks(folder.path(), 0, random);
  for (int i = 0; i < 50'000; ++i) marks.put(put.emplace_back(some_mark(random, random.number())));
  const auto known = [&put](const ChunkMarks& in) { return std::count_if(put.begin(), put.end(), [&](const ChunkMark& mark) { return knows(in, mark); }); };
  CHECK(known(marks) > 48'000);
  CHECK(known(ChunkMarks(folder.path(), 0, random)) == known(marks));
  CHECK(std::filesystem::file_size(folder / "chunk-marks") < 64 * put.size() * 8);
}

TEST_CASE("of marks that begin alike a bucket holds four, and the one of the same length is replaced") {
  SeededRandom random(2);
  TemporaryFolder folder;
  ChunkMarks marks(folder.path(), 10, random);
  for (int i = 0; i < 20; ++i) marks.put(some_mark(random, 7));
  std::vector<ChunkMark> found = marks.find(7);
  CHECK(found.size() == 4);
  CHECK(std::is_sorted(found.begin(), found.end(), [](const ChunkMark& a, const ChunkMark& b) { return a.length < b.length; }));
  ChunkMark changed = found[1];
  changed.id = random.id<ChunkId>();
  marks.put(changed);
  CHECK(marks.find(7).size() == 4);
  CHECK(knows(marks, changed));
  CHECK_FALSE(knows(marks, found[1]));
}

TEST_CASE("whichever byte of the file is damaged, no mark is known that was not put, and new ones are taken") {
  SeededRandom random(3);
  TemporaryFolder folder;
  const ChunkMark mark = some_mark(random, 1 << 20);         // in the first bucket
  { ChunkMarks(folder.path(), 10, random).put(mark); }
  std::ifstream in(folder / "chunk-marks", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (size_t at = 0; at < 64 + 256; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    std::ofstream(folder / "chunk-marks", std::ios::binary | std::ios::trunc) << damaged;
    ChunkMarks marks(folder.path(), 10, random);
    for (const ChunkMark& found : marks.find(mark.beginning))
      CHECK((found.length == mark.length && found.tag == mark.tag && found.id == mark.id));
    const ChunkMark next = some_mark(random, random.number());
    marks.put(next);
    CHECK(knows(marks, next));
  }
  for (const size_t length : {size_t{0}, size_t{10}, size_t{64}, whole.size() - 1}) {
    std::ofstream(folder / "chunk-marks", std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    CHECK(ChunkMarks(folder.path(), 10, random).find(mark.beginning).empty());
  }
}

TEST_CASE("where no file can be made nothing is known, and nothing fails") {
  SeededRandom random(4);
  TemporaryFolder folder;
  ChunkMarks marks(folder / "nowhere", 10, random);
  CHECK_FALSE(marks.usable());
  marks.put(some_mark(random, 1));
  CHECK(marks.find(1).empty());
}

TEST_CASE("a mark that is longer than any chunk is none") {
  SeededRandom random(7);
  TemporaryFolder folder;
  ChunkMarks marks(folder.path(), 10, random);
  ChunkMark mark = some_mark(random, 1);
  mark.length = kChunkLengthMax;
  marks.put(mark);
  CHECK(knows(marks, mark));
  mark.length = kChunkLengthMax + 1;
  marks.put(mark);
  CHECK_FALSE(knows(marks, mark));
}

TEST_CASE("a file that cannot grow on a full disk stays what it was, and nothing of the larger one is left") {
  SeededRandom random(8);
  TemporaryFolder folder;
  if (!mount_full_soon(folder.path())) {
    WARN("skipped: nothing can be mounted here: " << std::strerror(errno));
    return;
  }
  std::vector<ChunkMark> put;
  const auto known = [&put](const ChunkMarks& in) { return std::count_if(put.begin(), put.end(), [&](const ChunkMark& mark) { return knows(in, mark); }); };
  std::ptrdiff_t before = 0;
  {
    ChunkMarks marks(folder.path(), 10, random);
    for (int i = 0; i < 1000; ++i) marks.put(put.emplace_back(some_mark(random, random.number())));
    before = known(marks);
  }
  CHECK(before > 950);
  CHECK_FALSE(ChunkMarks(folder.path(), 100'000, random).usable());       // it is to grow when it is opened
  CHECK(known(ChunkMarks(folder.path(), 10, random)) == before);
  {
    ChunkMarks marks(folder.path(), 10, random);                          // and as it fills
    for (int i = 0; i < 50'000; ++i) marks.put(put.emplace_back(some_mark(random, random.number())));
  }
  CHECK(known(ChunkMarks(folder.path(), 10, random)) > 2000);
  CHECK_FALSE(std::filesystem::exists(folder / "chunk-marks.new"));
  CHECK(::umount2(folder.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("what stands where a larger file is made gives way, whatever it is") {
  SeededRandom random(9);
  TemporaryFolder folder;
  const Path beside = folder / "chunk-marks.new", other = folder / "other";
  SECTION("a pipe") { REQUIRE(::mkfifo(beside.c_str(), 0600) == 0); }
  SECTION("a link") { std::filesystem::create_symlink(other, beside); }
  SECTION("a file") { std::ofstream(beside) << "something"; }
  CHECK(ChunkMarks(folder.path(), 10, random).usable());
  CHECK(ChunkMarks(folder.path(), 10, random).usable());
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(beside)));
  CHECK_FALSE(std::filesystem::exists(other));
}

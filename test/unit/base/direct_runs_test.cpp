#include "lib/base/direct_runs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "lib/base/descriptor.h"
#include "lib/base/files.h"
#include "lib/base/random.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

struct Piece {
  uint64_t offset = 0;
  size_t length = 0;
};

// All of [0, size) in pieces, of `streams` that take turns: as packs of one file that come at once.
std::vector<Piece> pieces_of(uint64_t size, size_t streams, SeededRandom& random) {
  std::vector<Piece> pieces;
  std::vector<uint64_t> at(streams), end(streams);
  for (size_t i = 0; i < streams; ++i) at[i] = size * i / streams, end[i] = size * (i + 1) / streams;
  for (bool more = true; std::exchange(more, false);)
    for (size_t i = 0; i < streams; ++i) {
      if (at[i] == end[i]) continue;
      uint8_t chance[4];
      random.fill(chance);
      const uint64_t wanted = 1 + (uint64_t{chance[0]} << 16 | uint64_t{chance[1]} << 8 | chance[2]) / (chance[3] % 4 == 0 ? 4096 : 8);
      const uint64_t length = std::min(wanted, end[i] - at[i]);
      pieces.push_back({at[i], static_cast<size_t>(length)});
      at[i] += length, more = true;
    }
  return pieces;
}

Descriptor made(const std::filesystem::path& path) { return Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)); }

bool is_direct(int fd) { return (::fcntl(fd, F_GETFL) & O_DIRECT) != 0; }

}  // namespace

TEST_CASE("direct runs put every byte where it belongs, in whatever order pieces come and however many buffers there are") {
  SeededRandom random(5);
  const TemporaryFolder folder;
  const size_t streams = GENERATE(1, 3, 7), buffers_max = GENERATE(0, 1, 2, 8);
  Bytes content(19'000'001);
  random.fill(content);
  RunBuffers buffers(buffers_max);
  const Descriptor fd = made(folder / "file");
  REQUIRE(fd);
  {
    DirectRuns runs(fd.get(), buffers);
    for (const Piece& piece : pieces_of(content.size(), streams, random))
      REQUIRE(runs.write(piece.offset, ByteSpan(content).subspan(piece.offset, piece.length)).has_value());
    REQUIRE(runs.finish().has_value());
    CHECK_FALSE(is_direct(fd.get()));                  // who reads it through this description does so as ever
    CHECK(read_range(fd.get(), 0, content.size()).value() == content);
  }
  std::vector<RunBuffers::Buffer> back;
  while (RunBuffers::Buffer buffer = buffers.take()) back.push_back(std::move(buffer));
  CHECK(back.size() == buffers_max);
}

TEST_CASE("direct runs leave holes where nothing was written, and nothing that was dropped") {
  const TemporaryFolder folder;
  RunBuffers buffers(2);
  const Descriptor fd = made(folder / "file");
  const Bytes piece(10'000, 7);
  {
    DirectRuns runs(fd.get(), buffers);
    REQUIRE(runs.write(5'000, piece).has_value());
    REQUIRE(runs.finish().has_value());
    REQUIRE(runs.write(50'000, piece).has_value());    // dropped: nobody has finished it
  }
  Bytes expected(5'000);
  append(expected, piece);
  CHECK(read_range(fd.get(), 0, expected.size()).value() == expected);
  CHECK(std::filesystem::file_size(folder / "file") == expected.size());
}

TEST_CASE("direct runs say what a write failed with, at the piece that filled a buffer or at the end") {
  const TemporaryFolder folder;
  RunBuffers buffers(1);
  const Descriptor fd = made(folder / "file");
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit low { 2 << 20, before.rlim_max };
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  DirectRuns runs(fd.get(), buffers);
  const Result<void> kept = runs.write(0, Bytes(3 << 20));
  const Result<void> finished = runs.finish();
  const Result<void> filled = runs.write(3 << 20, Bytes(4 << 20));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  CHECK(kept.has_value());
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().text() == "write: file too large");
  CHECK_FALSE(filled.has_value());
}

TEST_CASE("a direct file is written by ordinary writes where direct ones are refused, or lie between blocks") {
  const Descriptor fd(::memfd_create("refuses", MFD_CLOEXEC));
  REQUIRE(fd);
  DirectFile file(fd.get());
  RunBuffers buffers(1);
  const RunBuffers::Buffer block = buffers.take();
  std::fill_n(block.get(), 8192, uint8_t{3});
  REQUIRE(file.write(4096, {block.get(), 8192}).has_value());
  REQUIRE(file.write(1, {block.get(), 10}).has_value());
  CHECK(read_range(fd.get(), 4096, 8192).value() == Bytes(8192, 3));
}

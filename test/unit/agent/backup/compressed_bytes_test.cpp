// What is stored already is not compressed again to be thrown away: what goes through zstd is counted at its door (the linker's --wrap).
#include <atomic>
#include <fstream>

#include "test/support/catch.h"
#include "test/unit/agent/backup/backup_bench.h"

using namespace sparekeep;
using namespace sparekeep::agent;

size_t real_compress(void* context, void* to, size_t room, const void* from, size_t size) __asm__("__real_ZSTD_compress2");
size_t counted_compress(void* context, void* to, size_t room, const void* from, size_t size) __asm__("__wrap_ZSTD_compress2");

namespace {

constexpr Layout kLayout{2, 2};
constexpr size_t kTextBytes = 8 << 20, kLittle = 1 << 20;   // the latter: what manifest and chunk table may take

std::atomic<uint64_t>& compressed_bytes() {
  static std::atomic<uint64_t> bytes = 0;
  return bytes;
}

struct TextBench : BackupBench {
  TextBench() : BackupBench(4) {
    std::filesystem::create_directory(source / "a");
    write_text("a/text", 1);
  }
  void write_text(const std::string& name, uint64_t seed) {
    Bytes text(kTextBytes);
    SeededRandom(seed).fill(text);
    for (uint8_t& byte : text) byte = static_cast<uint8_t>('a' + byte % 16);
    std::ofstream(source / name, std::ios::binary).write(reinterpret_cast<const char*>(text.data()), static_cast<std::streamsize>(text.size()));
  }
  uint64_t compressed_by(const Order& order) {
    compressed_bytes() = 0;
    CHECK(back_up(order).state == "complete");
    return compressed_bytes();
  }
};

}  // namespace

size_t counted_compress(void* context, void* to, size_t room, const void* from, size_t size) {
  compressed_bytes() += size;
  return real_compress(context, to, room, from, size);
}

TEST_CASE("what the job's last snapshot holds is not compressed again, wherever it lies now") {
  TextBench bench;
  CHECK(bench.compressed_by(bench.order(kLayout)) >= kTextBytes);
  std::filesystem::rename(bench.source / "a", bench.source / "b");
  CHECK(bench.compressed_by(bench.order(kLayout)) < kLittle);
  bench.write_text("b/more", 2);
  const uint64_t more = bench.compressed_by(bench.order(kLayout));
  CHECK(more >= kTextBytes);
  CHECK(more < kTextBytes * 3 / 2);
}

TEST_CASE("nor what another job's last snapshot holds") {
  TextBench bench;
  CHECK(bench.compressed_by(bench.order(kLayout)) >= kTextBytes);
  Order other = bench.order(kLayout);
  other.job = bench.random.id<JobId>();
  CHECK(bench.compressed_by(other) < kLittle);
}

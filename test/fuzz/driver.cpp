// Runs one fuzz entry without libFuzzer, so that every ordinary build exercises the parsers: first on each seed, then on a
// fixed number of mutations of them, the same ones on every run. An entry answers a fault by aborting; the input that
// it was given last then lies in `last-input` beside the program, ready to be kept as a seed.
//
//   fuzz_NAME SEED-FOLDER-OR-FILE [MUTATIONS]
#include <fcntl.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/random.h"
#include "test/fuzz/mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sparekeep {

namespace {

constexpr size_t kInputBytesMax = 64 << 10;
constexpr size_t kMutationsDefault = 5000;

std::vector<Bytes> read_seeds(const Path& place) {
  std::vector<Bytes> seeds{Bytes{}};
  if (std::filesystem::is_regular_file(place)) return {read_file(place, UINT64_MAX).value()};
  if (!std::filesystem::is_directory(place)) return seeds;
  for (const std::string& name : list_folder(place).value()) seeds.push_back(read_file(place / name, UINT64_MAX).value());
  return seeds;
}

void run(const Descriptor& last, const Bytes& input) {
  if (::pwrite(last.get(), input.data(), input.size(), 0) < 0 || ::ftruncate(last.get(), static_cast<off_t>(input.size())) != 0)
    throw system_error("writing the last input", errno);
  const Bytes exact(input);  // of exactly this size on the heap: a sanitizer sees a read of one byte more
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

int drive(const Path& program, const Path& place, size_t mutations) {
  const Path last_path = program.native() + ".last-input";
  const Descriptor last(::open(last_path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!last) throw system_error("opening " + last_path.native(), errno);
  const std::vector<Bytes> seeds = read_seeds(place);
  for (const Bytes& seed : seeds) run(last, seed);
  SeededRandom random(1);
  for (size_t i = 0; i < mutations; ++i) run(last, mutated(seeds, random, kInputBytesMax));
  std::printf("%zu seeds, %zu mutations\n", seeds.size(), mutations);
  ::unlink(last_path.c_str());
  return 0;
}

}  // namespace

}  // namespace sparekeep

int main(int argc, char** argv) {
  size_t mutations = sparekeep::kMutationsDefault;
  const std::string_view wanted = argc > 2 ? argv[2] : "";
  if (argc < 2 || (argc > 2 && std::from_chars(wanted.begin(), wanted.end(), mutations).ec != std::errc())) {
    std::fprintf(stderr, "usage: %s SEEDS [MUTATIONS]\n", argv[0]);
    return 2;
  }
  return sparekeep::drive(argv[0], argv[1], mutations);
}

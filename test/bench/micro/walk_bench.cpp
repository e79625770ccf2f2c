// The walk over 20,000 small files in 200 folders, all of it in the kernel's memory: where everything is as it was, by stat(2) alone, and where each file is opened.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "agent/source/walk.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kFolders = 200, kFilesAFolder = 100;

class Tree {
 public:
  Tree() : folder_(std::filesystem::temp_directory_path() / ("sparekeep-micro-" + std::to_string(::getpid()))) {
    for (size_t folder = 0; folder < kFolders; ++folder) {
      const std::filesystem::path path = folder_ / std::to_string(folder);
      std::filesystem::create_directories(path);
      for (size_t file = 0; file < kFilesAFolder; ++file)
        Descriptor(::open((path / std::to_string(file)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    }
  }
  ~Tree() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Tree(const Tree&) = delete;
  std::string path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

class CountingSink final : public WalkSink {
 public:
  explicit CountingSink(bool known) : known_(known) {}
  bool take_over(const FileEntry&) override { return ++entries, known_; }
  void entry(FileEntry, Descriptor) override {}
  void problem(SourceProblem problem) override { throw Error(ErrorKind::failed, problem.text); }
  size_t entries = 0;

 private:
  bool known_;
};

void walk_tree(benchmark::State& state, bool known) {
  const Tree tree;
  AccountNames names;
  size_t entries = 0;
  for ([[maybe_unused]] auto round : state) {
    CountingSink sink(known);
    walk({tree.path()}, {}, names, sink).value();
    entries += sink.entries;
  }
  state.SetItemsProcessed(static_cast<int64_t>(entries));
}
BENCHMARK_CAPTURE(walk_tree, unchanged, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(walk_tree, opened, false)->Unit(benchmark::kMillisecond);

}  // namespace

}  // namespace sparekeep::agent

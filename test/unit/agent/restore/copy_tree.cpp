#include "test/unit/agent/restore/copy_tree.h"

#include <algorithm>

#include "agent/restore/entry_difference.h"
#include "agent/source/content.h"
#include "agent/source/walk.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

class Copy : public WalkSink {
 public:
  Copy(std::string source, const Path& target)
      : source_(std::move(source)), writer_(FileWriter::open(target, {}, names_, [this](std::string_view place, const std::string& text) {
          report_.warnings.push_back(printable(place) + ": " + text);
        }).value()) {}

  CopyReport run() {
    walk({source_}, {}, names_, *this).value();
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) update(place_of(folder->path), *folder);
    return std::move(report_);
  }

  void problem(SourceProblem problem) override { report_.problems.push_back(printable(problem.path) + ": " + problem.text); }

  bool take_over(const FileEntry&) override { return false; }

  void entry(FileEntry entry, Descriptor opened) override {
    const std::string place = place_of(entry.path);
    if (entry.kind == FileKind::directory) {
      writer_.make_folder(place).value();
      return folders_.push_back(std::move(entry));
    }
    if (!entry.hard_link.empty()) return link(place, place_of(entry.hard_link));
    const std::optional<FileEntry> standing = writer_.current(place).value();
    const bool create = !standing || compare_entry(*standing, entry, options_, names_).content_suspect();
    if (!create) return update(place, entry);
    report_.changed.push_back(place);
    if (entry.kind == FileKind::regular) content(place, entry, std::move(opened));
    else make_special(place, entry);
  }

 private:
  std::string place_of(const std::string& path) const { return path == source_ ? "" : path.substr(source_.size() + 1); }

  void link(const std::string& place, const std::string& first) {
    if (writer_.same_file(place, first).value()) return;
    report_.changed.push_back(place);
    writer_.make_hard_link(place, first).value();
  }

  void make_special(const std::string& place, const FileEntry& entry) {
    const Result<void> made = writer_.make_special(place, entry);
    if (!made) report_.warnings.push_back(made.error().text());
  }

  void update(const std::string& place, const FileEntry& entry) {
    const std::optional<FileEntry> standing = writer_.current(place).value();
    if (!compare_entry(*standing, entry, options_, names_).any()) return;
    report_.changed.push_back(place);
    writer_.set_metadata(place, entry).value();
  }

  void content(const std::string& place, const FileEntry& entry, Descriptor opened) {
    SourceContent source(std::move(opened), entry);
    PendingFile file = writer_.begin_file(place, entry).value();
    std::vector<FileExtent> extents = entry.data_extents;
    if (extents.empty()) extents.push_back({0, entry.size});
    for (const FileExtent& extent : extents)
      for (uint64_t done = 0; done < extent.length;) {
        Bytes buffer(std::min<uint64_t>(extent.length - done, 70000));
        const size_t got = source.read(buffer).value();
        file.write(extent.offset + done, ByteSpan(buffer).first(got)).value();
        done += got;
      }
    source.finish().value();
    file.commit().value();
  }

  AccountNames names_;
  CopyReport report_;
  const MetadataOptions options_ = metadata_options(false);
  std::string source_;
  FileWriter writer_;
  std::vector<FileEntry> folders_;
};

}  // namespace

CopyReport copy_tree(const std::string& source, const Path& target) { return Copy(source, target).run(); }

}  // namespace sparekeep::agent

#include "agent/privileged/remote_target.h"

#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr uint64_t kTogetherMax = 64 << 10;                  // about what a socket holds: the next question waits there while one is answered
constexpr Duration kAnswerWithin = std::chrono::hours(1);    // one step: a large tree is removed, everything is synced

Result<void> nothing_of(const Result<TargetAnswer>& answer) { return answer ? Result<void>() : answer.error(); }

uint64_t bytes_of(const WholeFile& file) {
  uint64_t bytes = file.content.size();
  for (const auto& [name, value] : file.entry->attributes) bytes += name.size() + value.size();
  return bytes;
}

class RemoteEnding final : public PendingFile::Ending {
 public:
  RemoteEnding(TargetConnection& connection, uint32_t number) : connection_(connection), number_(number) {}
  ~RemoteEnding() override {
    if (committed_) return;
    try {
      static_cast<void>(connection_.ask({.step = TargetStep::drop_file, .number = number_}));
    } catch (const Error&) {
      return;                                                // the other process has gone, and its unfinished files with it
    }
  }
  Result<void> commit(int) override {
    committed_ = true;
    return nothing_of(connection_.ask({.step = TargetStep::commit_file, .number = number_}));
  }

 private:
  TargetConnection& connection_;
  const uint32_t number_;
  bool committed_ = false;
};

class RemoteTarget final : public TargetWriter {
 public:
  RemoteTarget(TargetConnection& connection, const MetadataOptions& metadata) : connection_(connection), metadata_(metadata) {}

  const MetadataOptions& metadata() const override { return metadata_; }
  Result<void> make_folder(std::string_view place) override { return step(TargetStep::make_folder, place); }
  Result<void> make_parents(std::string_view place) override { return step(TargetStep::make_parents, place); }
  Result<void> make_special(std::string_view place, const FileEntry& entry) override { return step(TargetStep::make_special, place, {}, entry); }
  Result<void> make_hard_link(std::string_view place, std::string_view first) override { return step(TargetStep::make_hard_link, place, first); }
  Result<void> set_metadata(std::string_view place, const FileEntry& entry) override { return step(TargetStep::set_metadata, place, {}, entry); }
  Result<void> remove(std::string_view place) override { return step(TargetStep::remove, place); }
  Result<void> sync() override { return step(TargetStep::sync, {}); }

  Result<PendingFile> begin_file(std::string_view place, const FileEntry& entry, Arrival) override {
    Descriptor fd;
    const Result<TargetAnswer> answer = connection_.ask({.step = TargetStep::begin_file, .place = std::string(place), .entry = entry}, &fd);
    if (!answer) return answer.error();
    auto ending = std::make_unique<RemoteEnding>(connection_, answer->number);
    if (!fd) return Error(ErrorKind::failed, "no descriptor came for a file to be written");
    return PendingFile(std::move(fd), std::string(place), std::move(ending));
  }
  bool takes_whole(const FileEntry& entry) const override { return entry.data_extents.empty() && entry.size <= kContentBytesMax; }
  std::vector<Result<void>> write_wholes(std::span<const WholeFile> files) override {
    std::vector<Result<void>> results;
    while (!files.empty()) {
      size_t count = 0;
      for (uint64_t bytes = 0; count < files.size() && count < kFilesMax && bytes < kTogetherMax; ++count) bytes += bytes_of(files[count]);
      write_some(files.first(count), results);
      files = files.subspan(count);
    }
    return results;
  }
  Result<std::optional<FileEntry>> current(std::string_view place) override {
    Result<TargetAnswer> answer = ask(TargetStep::current, place);
    if (!answer) return answer.error();
    return answer->found ? std::optional<FileEntry>(std::move(answer->entry)) : std::optional<FileEntry>();
  }
  Result<std::vector<std::string>> list(std::string_view place) override { return names(TargetStep::list, place); }
  Result<std::vector<std::string>> leftovers(std::string_view place) override { return names(TargetStep::leftovers, place); }
  Result<Descriptor> open_content(std::string_view place) override {
    Descriptor fd;
    const Result<TargetAnswer> answer = connection_.ask({.step = TargetStep::open_content, .place = std::string(place)}, &fd);
    if (!answer) return answer.error();
    if (!fd) return Error(ErrorKind::failed, "no descriptor came for a file to be read");
    return fd;
  }
  Result<bool> same_file(std::string_view place, std::string_view first) override {
    const Result<TargetAnswer> answer = ask(TargetStep::same_file, place, first);
    if (!answer) return answer.error();
    return answer->found;
  }
  Result<bool> is_mounted(std::string_view place) override {
    const Result<TargetAnswer> answer = ask(TargetStep::is_mounted, place);
    if (!answer) return answer.error();
    return answer->found;
  }

 private:
  void write_some(std::span<const WholeFile> files, std::vector<Result<void>>& results) {
    TargetQuestion question{.step = TargetStep::write_files};
    for (const WholeFile& file : files) question.files.push_back({std::string(file.place), *file.entry, file.content});
    const Result<TargetAnswer> answer = connection_.ask(question);
    if (answer && answer->outcomes.size() != files.size()) throw Error(ErrorKind::corrupt, "an answer about other files than those asked for");
    for (size_t i = 0; i < files.size(); ++i) results.push_back(answer ? answer->outcomes[i] : Result<void>(answer.error()));
  }
  Result<TargetAnswer> ask(TargetStep step, std::string_view place, std::string_view other = {}, const FileEntry& entry = {}) {
    return connection_.ask({.step = step, .place = std::string(place), .other = std::string(other), .entry = entry});
  }
  Result<std::vector<std::string>> names(TargetStep step, std::string_view place) {
    Result<TargetAnswer> answer = ask(step, place);
    if (!answer) return answer.error();
    return std::move(answer->names);
  }
  Result<void> step(TargetStep step, std::string_view place, std::string_view other = {}, const FileEntry& entry = {}) {
    return nothing_of(ask(step, place, other, entry));
  }

  TargetConnection& connection_;
  const MetadataOptions metadata_;
};

}  // namespace

// The turn to receive. It passes on in any case: where the connection has gone, each in turn finds that out.
class TargetConnection::Turn {
 public:
  Turn(TargetConnection& connection, uint64_t number) : connection_(connection), lock_(connection.receiving_) {
    connection_.next_turn_.wait(lock_, [&] { return connection_.answered_ == number; });
  }
  Turn(const Turn&) = delete;
  ~Turn() {
    ++connection_.answered_;
    connection_.next_turn_.notify_all();
  }

 private:
  TargetConnection& connection_;
  std::unique_lock<std::mutex> lock_;
};

void TargetConnection::require_whole() const {
  if (broken_) throw Error(ErrorKind::closed, "the connection to the process that writes was given up");
}

void TargetConnection::send_whole(const std::string& message) {
  require_whole();
  const Result<void> sent = channel_.send(message, Deadline(clock_, kAnswerWithin));
  if (sent) return;
  broken_ = true;
  throw sent.error();
}

std::string TargetConnection::receive() {
  require_whole();
  Result<std::string> message = channel_.receive(Deadline(clock_, kAnswerWithin));
  if (message) return std::move(*message);
  broken_ = true;
  throw message.error();
}

// The next question goes while the one before is being answered, so that the other side need not wait.
uint64_t TargetConnection::send(const TargetQuestion& question) {
  const std::string message = write_question(question);
  const std::lock_guard lock(sending_);
  send_whole(message);
  return asked_++;
}

Result<TargetAnswer> TargetConnection::ask(const TargetQuestion& question, Descriptor* passed) {
  const uint64_t number = send(question);
  TargetAnswer answer;
  {
    const Turn turn(*this, number);
    answer = read_answer(receive()).value();
    if (passed && !answer.failed) *passed = channel_.passed();        // who fails brings none: the first one is another's
  }
  if (warn_)
    for (const TargetWarning& warning : answer.warnings) warn_(warning.place, warning.text);
  if (answer.failed) return Error(answer.kind, std::move(answer.text));
  return answer;
}

void TargetConnection::progress(const RunProgress& progress) { ask({.step = TargetStep::progress, .text = to_json(progress)}).value(); }

void TargetConnection::end(const PrivilegedAnswer& answer) {
  const std::lock_guard lock(sending_);
  send_whole(write_question({.step = TargetStep::end, .text = to_json(answer)}));
}

Result<std::unique_ptr<TargetWriter>> open_remote_target(TargetConnection& connection, bool numeric_owner, WarningSink warn) {
  connection.set_warning_sink(std::move(warn));
  const Result<TargetAnswer> answer = connection.ask({.step = TargetStep::open});
  if (!answer) return answer.error();
  if (!answer->found) return std::unique_ptr<TargetWriter>();
  MetadataOptions metadata;
  metadata.numeric_owner = numeric_owner, metadata.owner = answer->owner, metadata.flags = answer->flags;
  return std::unique_ptr<TargetWriter>(std::make_unique<RemoteTarget>(connection, metadata));
}

}  // namespace sparekeep::agent

#include "agent/privileged/remote_target.h"

#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kAnswerWithin = std::chrono::hours(1);    // one step: a large tree is removed, everything is synced

Result<void> nothing_of(const Result<TargetAnswer>& answer) { return answer ? Result<void>() : answer.error(); }

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

  Result<PendingFile> begin_file(std::string_view place, const FileEntry& entry) override {
    const Result<TargetAnswer> answer = ask(TargetStep::begin_file, place, {}, entry);
    if (!answer) return answer.error();
    auto ending = std::make_unique<RemoteEnding>(connection_, answer->number);
    Descriptor fd = connection_.passed();
    if (!fd) return Error(ErrorKind::failed, "no descriptor came for a file to be written");
    return PendingFile(std::move(fd), std::string(place), std::move(ending));
  }
  Result<std::optional<FileEntry>> current(std::string_view place) override {
    Result<TargetAnswer> answer = ask(TargetStep::current, place);
    if (!answer) return answer.error();
    return answer->found ? std::optional<FileEntry>(std::move(answer->entry)) : std::optional<FileEntry>();
  }
  Result<std::vector<std::string>> list(std::string_view place) override { return names(TargetStep::list, place); }
  Result<std::vector<std::string>> leftovers(std::string_view place) override { return names(TargetStep::leftovers, place); }
  Result<Descriptor> open_content(std::string_view place) override {
    const Result<TargetAnswer> answer = ask(TargetStep::open_content, place);
    if (!answer) return answer.error();
    Descriptor fd = connection_.passed();
    if (!fd) return Error(ErrorKind::failed, "no descriptor came for a file to be read");
    return fd;
  }
  Result<bool> same_file(std::string_view place, std::string_view first) override {
    const Result<TargetAnswer> answer = ask(TargetStep::same_file, place, first);
    if (!answer) return answer.error();
    return answer->found;
  }

 private:
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

Result<TargetAnswer> TargetConnection::ask(const TargetQuestion& question) {
  channel_.send(write_question(question), Deadline(clock_, kAnswerWithin)).value();
  const std::string message = channel_.receive(Deadline(clock_, kAnswerWithin)).value();
  TargetAnswer answer = read_answer(message).value();
  if (warn_)
    for (const TargetWarning& warning : answer.warnings) warn_(warning.place, warning.text);
  if (answer.failed) return Error(answer.kind, std::move(answer.text));
  return answer;
}

void TargetConnection::progress(const RunProgress& progress) { ask({.step = TargetStep::progress, .text = to_json(progress)}).value(); }

void TargetConnection::end(const PrivilegedAnswer& answer) {
  channel_.send(write_question({.step = TargetStep::end, .text = to_json(answer)}), Deadline(clock_, kAnswerWithin)).value();
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

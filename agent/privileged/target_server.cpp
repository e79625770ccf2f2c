#include "agent/privileged/target_server.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/files.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kAnswerWithin = std::chrono::minutes(1);   // until the asking process has taken an answer
constexpr size_t kPendingMax = 512;                           // files that are being written at once

TargetAnswer failure(const Error& error) {
  TargetAnswer answer;
  answer.failed = true, answer.kind = error.kind(), answer.text = error.text();
  return answer;
}

TargetAnswer of(const Result<void>& done) { return done ? TargetAnswer() : failure(done.error()); }

TargetAnswer of(const Result<bool>& found) {
  if (!found) return failure(found.error());
  TargetAnswer answer;
  answer.found = *found;
  return answer;
}

}  // namespace

Result<PrivilegedAnswer> TargetServer::serve(const Deadline& deadline, const Stopped& stopped, const Progress& progress) {
  while (true) {
    const Result<std::string> message = asking_.receive(deadline, stopped);
    if (!message) return message.error();
    Result<TargetQuestion> question = read_question(*message);
    if (!question) return question.error();
    if (question->step == TargetStep::end) return from_json<PrivilegedAnswer>(question->text);
    Descriptor beside;
    TargetAnswer answer;
    if (question->step == TargetStep::progress) {
      const Result<RunProgress> told = from_json<RunProgress>(question->text);
      if (!told) return told.error();
      progress(*told);
    } else {
      answer = this->answer(*question, beside);
    }
    answer.warnings = std::exchange(warnings_, {});
    const Result<void> sent = asking_.send(write_answer(answer), Deadline(clock_, kAnswerWithin), beside.get());
    if (!sent) return sent.error();
    if (deadline.passed() || (stopped && stopped())) return Error(ErrorKind::interrupted, "stopped");
  }
}

TargetAnswer TargetServer::answer(const TargetQuestion& question, Descriptor& beside) {
  if (question.step == TargetStep::open) return open();
  if (!writer_) return failure(Error(ErrorKind::failed, "the target is not open"));
  const TargetStep step = question.step;
  const bool looks = step == TargetStep::current || step == TargetStep::list || step == TargetStep::leftovers || step == TargetStep::open_content ||
                     step == TargetStep::same_file || step == TargetStep::is_mounted;
  if (looks) return look(question, beside);
  if (order_.check_only) return failure(Error(ErrorKind::denied, "the order is to look only"));
  return write(question, beside);
}

TargetAnswer TargetServer::open() {
  if (writer_) return failure(Error(ErrorKind::failed, "the target is open already"));
  Result<std::unique_ptr<TargetWriter>> opened = open_target(order_, beneath_, names_, [this](std::string_view place, const std::string& text) {
    warnings_.push_back({std::string(place), text});
  });
  if (!opened) return failure(opened.error());
  writer_ = std::move(*opened);
  TargetAnswer answer;
  answer.found = writer_ != nullptr;
  if (writer_) answer.owner = writer_->metadata().owner, answer.flags = writer_->metadata().flags;
  return answer;
}

Result<PendingFile*> TargetServer::pending(uint32_t number) {
  const auto found = pending_.find(number);
  if (found == pending_.end()) return Error(ErrorKind::failed, "no file of this number is being written");
  return &found->second;
}

Result<void> TargetServer::write_file(const SentFile& sent) {
  if (sent.entry.kind != FileKind::regular) return Error(ErrorKind::failed, "no regular file");
  Result<PendingFile> file = writer_->begin_file(sent.place, sent.entry, Arrival::whole);
  if (!file) return file.error();
  if (Result<void> written = file->write(0, sent.content); !written) return written;
  if (order_.verify) {
    const Result<Bytes> back = read_range(file->descriptor(), 0, sent.content.size());
    if (!back) return back.error();
    if (!std::equal(back->begin(), back->end(), sent.content.begin(), sent.content.end())) return Error(ErrorKind::corrupt, kReadBackWrong);
  }
  return file->commit();
}

TargetAnswer TargetServer::write(const TargetQuestion& question, Descriptor& beside) {
  TargetAnswer answer;
  switch (question.step) {
    case TargetStep::make_folder: return of(writer_->make_folder(question.place));
    case TargetStep::make_parents: return of(writer_->make_parents(question.place));
    case TargetStep::make_special: return of(writer_->make_special(question.place, question.entry));
    case TargetStep::make_hard_link: return of(writer_->make_hard_link(question.place, question.other));
    case TargetStep::set_metadata: return of(writer_->set_metadata(question.place, question.entry));
    case TargetStep::remove: return of(writer_->remove(question.place));
    case TargetStep::sync: return of(writer_->sync());
    case TargetStep::begin_file: {
      if (question.entry.kind != FileKind::regular || pending_.size() >= kPendingMax) return failure(Error(ErrorKind::failed, "no regular file, or too many at once"));
      Result<PendingFile> file = writer_->begin_file(question.place, question.entry);
      if (!file) return failure(file.error());
      beside.reset(::fcntl(file->descriptor(), F_DUPFD_CLOEXEC, 0));
      if (!beside) return failure(system_error("passing on a file to be written", errno));
      answer.number = ++last_number_;
      pending_.emplace(answer.number, std::move(*file));
      return answer;
    }
    case TargetStep::write_files:
      for (const SentFile& file : question.files) answer.outcomes.push_back(write_file(file));
      return answer;
    case TargetStep::commit_file: {
      const Result<PendingFile*> file = pending(question.number);
      answer = file ? of((*file)->commit()) : failure(file.error());
      pending_.erase(question.number);
      return answer;
    }
    case TargetStep::drop_file: pending_.erase(question.number); return answer;
    case TargetStep::open:
    case TargetStep::current:
    case TargetStep::list:
    case TargetStep::leftovers:
    case TargetStep::open_content:
    case TargetStep::same_file:
    case TargetStep::is_mounted:
    case TargetStep::progress:
    case TargetStep::end: break;
  }
  return failure(Error(ErrorKind::failed, "not a step that writes"));
}

TargetAnswer TargetServer::look(const TargetQuestion& question, Descriptor& beside) {
  TargetAnswer answer;
  if (question.step == TargetStep::same_file) return of(writer_->same_file(question.place, question.other));
  if (question.step == TargetStep::is_mounted) return of(writer_->is_mounted(question.place));
  if (question.step == TargetStep::open_content) {
    Result<Descriptor> file = writer_->open_content(question.place);
    if (!file) return failure(file.error());
    beside = std::move(*file);
    return answer;
  }
  if (question.step == TargetStep::list || question.step == TargetStep::leftovers) {
    Result<std::vector<std::string>> names = question.step == TargetStep::list ? writer_->list(question.place) : writer_->leftovers(question.place);
    if (!names) return failure(names.error());
    answer.names = std::move(*names);
    return answer;
  }
  Result<std::optional<FileEntry>> standing = writer_->current(question.place);
  if (!standing) return failure(standing.error());
  answer.found = standing->has_value();
  if (*standing) answer.entry = std::move(**standing);
  return answer;
}

}  // namespace sparekeep::agent

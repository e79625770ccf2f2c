#include "installer/host/script_talk.h"

#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr size_t kAnswersMax = 4;                    // certificates, and whether a release is good

}  // namespace

std::string milliseconds_text(Duration duration) {
  const int64_t tenths = duration / std::chrono::microseconds(100);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string last_line(const std::string& text) {
  std::string last;
  for (std::string& line : split_text(text, '\n')) {
    while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('.')) line.pop_back();
    if (!line.empty()) last = std::move(line);
  }
  return printable(last);
}

ScriptTalk::ScriptTalk(const ScriptRun& run, Script script) : run_(run), script_(run.script) {
  if (script == Script::sent) parts_.push_back(as_bytes(script_));
  parts_.insert(parts_.end(), run.input.begin(), run.input.end());
}

ByteSpan ScriptTalk::next() const {
  if (fault_ || (held_ && !begun_) || part_ == parts_.size()) return {};
  return parts_[part_].subspan(offset_);
}

void ScriptTalk::sent(size_t count) {
  offset_ += count;
  while (part_ < parts_.size() && offset_ >= parts_[part_].size()) offset_ = 0, ++part_;
}

bool ScriptTalk::input_ends() const { return fault_ || (part_ == parts_.size() && !run_.answer); }

void ScriptTalk::take_out(std::string_view bytes) {
  take(result_.out, bytes, "standard output");
  if (!begun_) look_for_begin();
  if (begun_ && run_.answer) look_for_questions();
}

void ScriptTalk::take_err(std::string_view bytes) { take(result_.err, bytes, "standard error"); }

void ScriptTalk::take(std::string& to, std::string_view bytes, std::string_view stream) {
  const size_t room = kScriptOutputMax - std::min(kScriptOutputMax, to.size());
  to.append(bytes.substr(0, room));
  if (bytes.size() > room && !fault_)
    fault_ = Error(ErrorKind::failed, "it wrote more than " + format_size(kScriptOutputMax) + " to its " + std::string(stream) + "; look at its login scripts");
}

// A line of its own, wherever it stands after what login scripts print.
void ScriptTalk::look_for_begin() {
  const std::string line = std::string(kScriptBegins) + "\n";
  const size_t at = result_.out.find(line, seen_ > line.size() ? seen_ - line.size() : 0);
  seen_ = result_.out.size();
  if (at == std::string::npos) return;
  result_.out.erase(0, at + line.size());
  begun_ = true, seen_ = 0;
}

void ScriptTalk::look_for_questions() {
  while (!fault_) {
    const size_t end = result_.out.find('\n', seen_);
    if (end == std::string::npos) return;
    const std::string_view line = std::string_view(result_.out).substr(seen_, end - seen_);
    if (line == kScriptAsks) give_answer();
    else if (run_.on_line) run_.on_line(line);
    seen_ = end + 1;
  }
}

void ScriptTalk::give_answer() {
  if (answers_.size() == kAnswersMax) {
    fault_ = Error(ErrorKind::failed, "it asked more than " + std::to_string(kAnswersMax) + " times, which no script of ours does");
    return;
  }
  Result<std::string> answer = run_.answer(result_.out.substr(0, seen_));
  if (!answer) {
    fault_ = answer.error();
    return;
  }
  answers_.push_back(std::move(*answer));
  parts_.push_back(as_bytes(answers_.back()));
  sent(0);
}

ScriptResult ScriptTalk::finish(int exit_code) {
  result_.exit_code = exit_code;
  return std::move(result_);
}

}  // namespace sparekeep::central

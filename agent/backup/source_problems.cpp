#include "agent/backup/source_problems.h"

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr size_t kBytesMax = 256 * 1024;          // JSON at most doubles what is printable: under the 1 MiB of a body
constexpr size_t kTextBytesMax = 4096;            // of one name or text; of a longer one both ends are told

std::string shortened(std::string_view text) {
  if (text.size() <= kTextBytesMax) return printable(text);
  constexpr size_t kEnd = kTextBytesMax / 2;
  return printable(text.substr(0, kEnd)) + "[...]" + printable(text.substr(text.size() - kEnd));
}

}  // namespace

void SourceProblems::add(const SourceProblem& problem) {
  ++count_;
  if (first_.size() >= kRunErrorsMax || bytes_ >= kBytesMax) return;
  first_.push_back({"partial", shortened(problem.path), shortened(problem.text)});
  bytes_ += first_.back().path.size() + first_.back().text.size();
}

std::vector<std::string> SourceProblems::texts() const {
  std::vector<std::string> texts;
  for (const RunError& problem : first_) texts.push_back(in_quotes(problem.path) + ": " + problem.text);
  return texts;
}

void SourceProblems::write(RunResult& to) const {
  to.errors.insert(to.errors.end(), first_.begin(), first_.end());
  if (count_ > first_.size()) to.errors.push_back({"partial", "", "and " + std::to_string(count_ - first_.size()) + " more files"});
}

}  // namespace sparekeep::agent

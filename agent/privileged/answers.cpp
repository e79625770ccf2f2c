#include "agent/privileged/answers.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/net/message.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

Result<PrivilegedAnswer> read_unit_answer(std::string_view message) {
  Result<PrivilegedAnswer> answer = from_json<PrivilegedAnswer>(message);
  if (!answer || is_spoken(answer->protocol)) return answer;
  return Error(ErrorKind::unsupported, "its answer is of protocol " + std::to_string(answer->protocol) + ", more than one apart from " +
                                           std::to_string(kProtocolVersion) + " of this program");
}

PrivilegedAnswer result_answer(RunResult result) {
  PrivilegedAnswer answer;
  answer.state = kResultState;
  answer.result = std::move(result);
  return answer;
}

PrivilegedAnswer failure_answer(const Error& error) {
  PrivilegedAnswer answer;
  answer.state = kFailedState;
  answer.kind = wire_name_of(error.kind());
  answer.text = error.text();
  return answer;
}

Result<RunResult> result_of(PrivilegedAnswer answer) {
  if (answer.state == kResultState) return std::move(answer.result);
  if (answer.state == kFailedState) return Error(kind_of_wire_name(answer.kind).value_or(ErrorKind::failed), printable(answer.text));
  return Error(ErrorKind::corrupt, "an answer of state " + in_quotes(answer.state));
}

std::string outcome_text(RunResult result) {
  constexpr size_t kForTheNote = 1000;
  std::string text = to_json(result);
  if (text.size() <= kOutcomeBytesMax) return text;
  result.changes.clear();
  const size_t errors = result.errors.size();
  for (size_t most = std::max(errors, result.warnings.size()); most > 0 && to_json(result).size() + kForTheNote > kOutcomeBytesMax; most /= 2) {
    result.errors.resize(std::min(result.errors.size(), most / 2));
    result.warnings.resize(std::min(result.warnings.size(), most / 2));
  }
  if (result.errors.size() < errors) result.errors.push_back({"partial", "", "of " + std::to_string(errors) + " errors of this run the host kept no more"});
  return to_json(result);
}

std::optional<RunResult> kept_outcome(const RunRegister& runs, const RunId& run, std::string_view step) {
  const Result<std::string> text = runs.outcome(run, step);
  Result<RunResult> result = text ? from_json<RunResult>(*text) : text.error();
  if (result) return std::move(*result);
  return std::nullopt;
}

}  // namespace sparekeep::agent

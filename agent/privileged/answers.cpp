#include "agent/privileged/answers.h"

#include "lib/base/text.h"
#include "lib/net/message.h"

namespace sparekeep::agent {

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

}  // namespace sparekeep::agent

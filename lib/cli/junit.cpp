#include "lib/cli/junit.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr std::array<std::string_view, 2> kNoCharacters{"\xef\xbf\xbe", "\xef\xbf\xbf"};   // U+FFFE, U+FFFF: UTF-8, and yet not allowed

// Of an attribute or of content alike. Control bytes, ends of lines and what is no UTF-8 become \xNN.
std::string xml_text(std::string_view text) {
  std::string safe;
  for (const char c : printable(text)) {
    if (c == '&') safe += "&amp;";
    else if (c == '<') safe += "&lt;";
    else if (c == '>') safe += "&gt;";
    else if (c == '"') safe += "&quot;";
    else safe += c;
  }
  for (const std::string_view forbidden : kNoCharacters)
    for (size_t at = safe.find(forbidden); at != std::string::npos; at = safe.find(forbidden, at)) safe.replace(at, forbidden.size(), "\xef\xbf\xbd");
  return safe;
}

std::string attribute(std::string_view name, std::string_view value) { return " " + std::string(name) + "=\"" + xml_text(value) + "\""; }

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::max(0.0, seconds));
  return text.data();
}

std::string outcome_of(const TaskRecord& record) {
  const std::string message = attribute("message", record.detail);
  switch (record.state) {
    case TaskState::failed: return "<failure type=\"failed\"" + message + ">" + xml_text(record.detail) + "</failure>";
    case TaskState::unreachable: return "<error type=\"unreachable\"" + message + ">" + xml_text(record.detail) + "</error>";
    case TaskState::skipped: return "<skipped" + message + "/>";
    case TaskState::ok:
    case TaskState::changed: break;
  }
  const std::string detail = record.detail.empty() ? "" : ": " + record.detail;
  return "<system-out>" + xml_text(std::string(task_state_name(record.state)) + detail) + "</system-out>";
}

std::string case_text(const TaskRecord& record) {
  return "    <testcase" + attribute("classname", record.host) + attribute("name", record.task) + attribute("time", seconds_text(record.seconds)) + ">" +
         outcome_of(record) + "</testcase>\n";
}

std::string fault_text(const JunitSuite& suite) {
  if (suite.fault.empty()) return "";
  return "    <testcase" + attribute("classname", "sparekeep") + attribute("name", suite.name) + attribute("time", seconds_text(suite.seconds)) +
         "><error type=\"command\"" + attribute("message", suite.fault) + ">" + xml_text(suite.fault) + "</error></testcase>\n";
}

std::string counts_text(const JunitSuite& suite) {
  const size_t faults = suite.fault.empty() ? 0 : 1;
  const auto count = [&](TaskState state) {
    return static_cast<size_t>(std::count_if(suite.cases.begin(), suite.cases.end(), [&](const TaskRecord& record) { return record.state == state; }));
  };
  return attribute("tests", std::to_string(suite.cases.size() + faults)) + attribute("failures", std::to_string(count(TaskState::failed))) +
         attribute("errors", std::to_string(count(TaskState::unreachable) + faults)) + attribute("skipped", std::to_string(count(TaskState::skipped))) +
         attribute("time", seconds_text(suite.seconds));
}

}  // namespace

std::string junit_text(const JunitSuite& suite) {
  const std::string counts = counts_text(suite);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n  <testsuite" + attribute("name", suite.name) +
                     attribute("timestamp", to_rfc3339(suite.began)) + counts + ">\n";
  for (const TaskRecord& record : suite.cases) text += case_text(record);
  return text + fault_text(suite) + "  </testsuite>\n</testsuites>\n";
}

}  // namespace sparekeep

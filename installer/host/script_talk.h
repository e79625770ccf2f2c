// What goes to a running script and what comes of it, whatever carries the bytes: the script itself, its input, the answer to its
// question; both streams up to their maximum.
#pragma once

#include <deque>
#include <optional>

#include "installer/host/host.h"

namespace sparekeep::central {

std::string milliseconds_text(Duration duration);   // "12.3 ms"
std::string last_line(const std::string& text);   // that is not empty, printable

class ScriptTalk {
 public:
  enum class Script { sent, told };               // told: it stands in the command
  explicit ScriptTalk(const ScriptRun& run, Script script = Script::sent);

  ByteSpan next() const;                          // to be sent now; empty: nothing at the moment
  void sent(size_t count);
  bool input_ends() const;                        // all was sent and nothing will follow

  void hold() { held_ = true; }                   // sends nothing before the script has begun
  void take_out(std::string_view bytes);
  void take_err(std::string_view bytes);
  bool begun() const { return begun_; }
  const std::string& out() const { return result_.out; }
  const std::string& err() const { return result_.err; }

  const std::optional<Error>& fault() const { return fault_; }   // of the answer, or too much output
  ScriptResult finish(int exit_code);

 private:
  void take(std::string& to, std::string_view bytes, std::string_view stream);
  void look_for_begin();
  void look_for_questions();
  void give_answer();

  const ScriptRun& run_;
  std::vector<ByteSpan> parts_;
  std::string script_;
  std::deque<std::string> answers_;              // stay where they are
  size_t part_ = 0, offset_ = 0, seen_ = 0;
  bool begun_ = false, held_ = false;
  ScriptResult result_;
  std::optional<Error> fault_;
};

}  // namespace sparekeep::central

// Everything that a command prints. Standard output carries results: tables for people or, with --json, nothing but JSON.
// Standard error carries messages and the progress line. Any thread may print; a line is never torn.
#pragma once

#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cli/json_text.h"
#include "lib/cli/table.h"

namespace sparekeep {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false, out_is_terminal = false, err_is_terminal = false;
  size_t width = 80;           // of the terminal, in characters
};

Streams process_streams();     // those of this process; only mains name it

enum class Color { none, red, green, yellow, blue, bold };

struct ConsoleLine {
  std::string text;
  Color color = Color::none;
};

struct ConsoleOptions {
  bool json = false;
  bool quiet = false;          // only results, warnings and errors
  int verbosity = 0;           // -v: 1, -vv: 2
  bool color_out = false, color_err = false;
  bool knows_escapes = true;   // the terminal
};

class Console {
 public:
  Console(Streams streams, ConsoleOptions options) : streams_(streams), options_(options) {}
  ~Console() { clear_progress(); }

  bool json() const { return options_.json; }
  int verbosity() const { return options_.verbosity; }
  bool interactive() const { return streams_.in_is_terminal; }
  bool prints_to_terminal() const { return streams_.out_is_terminal; }

  // Results.
  void print(std::string_view text);           // a line for people on standard output; nothing with --json
  void print(const TextTable& table, const std::vector<Color>& row_colors = {});   // the same; a colour for each row, where colours are shown
  void print_raw(std::string_view bytes);      // bytes as they are (export)
  void json(const JsonText& value);            // a line on standard output with --json; nothing without
  void json(const std::vector<JsonText>& values);   // a line each, in one piece

  // Messages.
  void say(std::string_view text, Color color = Color::none);  // as it happens: standard output, or standard error with --json; not with -q
  void say(const std::vector<ConsoleLine>& lines);             // the same, in one piece: each piece is a system call, and wakes whoever reads
  void insist(std::string_view text, Color color = Color::none);   // the same as say, also with -q: what has failed
  void detail(int level, std::string_view text);               // standard error from that verbosity on
  void warn(std::string_view text);                            // "warning: ..." on standard error
  void error(std::string_view text);                           // "error: ..." on standard error

  // One line that is written over again and again, on a terminal only; the next other line takes its place.
  void progress(std::string_view text);
  void clear_progress();

  // Interruption (interruption.h): what was done so far, and the message. Nothing is printed after it that could stand behind the summary.
  void set_last_words(std::function<JsonObject()> summary);
  void set_last_deed(std::function<void()> deed);   // what is done after the words, by another thread; none: nothing any more
  void say_last_words(std::string_view how);   // first of all the terminal shows again what is typed

  // Asks on the terminal and returns the typed line without its end; empty where there is none to ask.
  std::string ask(std::string_view question);
  // The same for what nobody may read over a shoulder: nothing is shown of what is typed.
  std::string ask_hidden(std::string_view question);

 private:
  void line(std::ostream& stream, std::string_view text, Color color, bool colored);
  void write(std::ostream& stream, const std::string& text);
  static std::string line_text(std::string_view text, Color color, bool colored);
  std::string line_eraser() const;
  void erase_progress();
  bool hide_typing();                          // false: the command has ended, nothing is asked any more
  void show_typing();                          // as it was before; words_mutex_ is held

  Streams streams_;
  ConsoleOptions options_;
  std::mutex mutex_;
  std::mutex words_mutex_;
  std::function<JsonObject()> last_words_;
  std::function<void()> last_deed_;
  std::function<void()> typing_as_before_;     // while a hidden question is open
  bool ended_ = false;
  bool progress_shown_ = false;
};

}  // namespace sparekeep

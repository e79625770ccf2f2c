#include "lib/cli/console.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view color_code(Color color) {
  switch (color) {
    case Color::none: return "";
    case Color::red: return "\x1b[31m";
    case Color::green: return "\x1b[32m";
    case Color::yellow: return "\x1b[33m";
    case Color::blue: return "\x1b[34m";
    case Color::bold: return "\x1b[1m";
  }
  return "";
}

std::string cut_to_width(std::string_view text, size_t width) {
  std::string out;
  size_t characters = 0;
  for (const char c : text) {
    const bool begins = (static_cast<uint8_t>(c) & 0xc0) != 0x80;
    if (begins && ++characters >= width) break;
    out += c;
  }
  return out;
}

// Text of several lines stays so; everything else that could move a terminal is made visible.
std::string printable_lines(std::string_view text) {
  std::vector<std::string> lines = split_text(text, '\n');
  for (std::string& line : lines) line = printable(line);
  return joined(lines, "\n");
}

// Also from the background, where the terminal would stop the process that does it.
void set_terminal(const termios& settings) {
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &stop, &before);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

Streams process_streams() {
  Streams streams{std::cin, std::cout, std::cerr, isatty(0) == 1, isatty(1) == 1, isatty(2) == 1, 80};
  winsize size{};
  const bool known = ioctl(1, TIOCGWINSZ, &size) == 0 || ioctl(2, TIOCGWINSZ, &size) == 0;
  if (known && size.ws_col >= 20) streams.width = size.ws_col;
  return streams;
}

std::string Console::line_eraser() const {
  return options_.knows_escapes ? std::string(kEraseLine) : "\r" + std::string(streams_.width - 1, ' ') + "\r";
}

void Console::erase_progress() {
  if (!progress_shown_) return;
  streams_.err << line_eraser() << std::flush;
  progress_shown_ = false;
}

std::string Console::line_text(std::string_view text, Color color, bool colored) {
  const std::string safe = printable_lines(text);
  if (!colored || color == Color::none) return safe + '\n';
  return std::string(color_code(color)).append(safe).append(kPlain) + '\n';
}

// In one piece: standard error writes each at once.
void Console::write(std::ostream& stream, const std::string& text) {
  const std::lock_guard lock(mutex_);
  erase_progress();
  stream << text << std::flush;
}

void Console::line(std::ostream& stream, std::string_view text, Color color, bool colored) { write(stream, line_text(text, color, colored)); }

void Console::print(std::string_view text) {
  if (!options_.json) line(streams_.out, text, Color::none, false);
}

void Console::print(const TextTable& table, const std::vector<Color>& row_colors) {
  if (options_.json) return;
  std::string text = table.text(streams_.out_is_terminal ? streams_.width : 0);
  if (text.ends_with('\n')) text.pop_back();
  size_t row = 0;                              // 0: the titles
  for (const std::string& each : split_text(text, '\n')) {
    const bool has_color = row > 0 && row <= row_colors.size();
    line(streams_.out, each, has_color ? row_colors[row - 1] : Color::none, options_.color_out);
    ++row;
  }
}

void Console::print_raw(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  erase_progress();
  streams_.out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void Console::json(const JsonText& value) { json(std::vector{value}); }

void Console::json(const std::vector<JsonText>& values) {
  if (!options_.json) return;
  std::string text;
  for (const JsonText& value : values) text += value.text() + '\n';
  write(streams_.out, text);
}

void Console::say(const std::vector<ConsoleLine>& lines) {
  if (options_.quiet) return;
  std::string text;
  for (const ConsoleLine& each : lines) text += line_text(each.text, each.color, options_.json ? options_.color_err : options_.color_out);
  write(options_.json ? streams_.err : streams_.out, text);
}

void Console::say(std::string_view text, Color color) {
  if (!options_.quiet) insist(text, color);
}

void Console::insist(std::string_view text, Color color) {
  if (options_.json)
    line(streams_.err, text, color, options_.color_err);
  else
    line(streams_.out, text, color, options_.color_out);
}

void Console::detail(int level, std::string_view text) {
  if (options_.verbosity >= level) line(streams_.err, text, Color::none, false);
}

void Console::warn(std::string_view text) { line(streams_.err, "warning: " + std::string(text), Color::yellow, options_.color_err); }

void Console::error(std::string_view text) { line(streams_.err, "error: " + std::string(text), Color::red, options_.color_err); }

void Console::progress(std::string_view text) {
  if (!streams_.err_is_terminal || options_.quiet) return;
  const std::lock_guard lock(mutex_);
  streams_.err << line_eraser() << cut_to_width(printable(text), streams_.width) << std::flush;
  progress_shown_ = true;
}

void Console::clear_progress() {
  const std::lock_guard lock(mutex_);
  erase_progress();
}

void Console::set_last_words(std::function<JsonObject()> summary) {
  const std::lock_guard lock(words_mutex_);
  last_words_ = std::move(summary);
}

void Console::set_last_deed(std::function<void()> deed) {
  const std::lock_guard lock(words_mutex_);
  last_deed_ = std::move(deed);
}

void Console::say_last_words(std::string_view how) {
  const std::lock_guard lock(words_mutex_);
  ended_ = true;
  show_typing();
  error(std::string(how) + (last_words_ ? "; what runs on hosts goes on there, and the same command again goes on from here" : ""));
  if (last_words_) json(last_words_().set("interrupted", true));
  if (last_deed_) last_deed_();
  const std::lock_guard printing(mutex_);
  streams_.out << std::flush;
}

std::string Console::ask(std::string_view question) {
  if (!streams_.in_is_terminal) return {};
  {
    const std::lock_guard lock(mutex_);
    erase_progress();
    streams_.err << printable_lines(question) << ' ' << std::flush;
  }
  std::string answer;
  std::getline(streams_.in, answer);
  return answer;
}

bool Console::hide_typing() {
  const std::lock_guard lock(words_mutex_);
  if (ended_) return false;
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) return true;
  termios hidden = before;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  set_terminal(hidden);
  typing_as_before_ = [before] { set_terminal(before); };
  return true;
}

void Console::show_typing() {
  if (!typing_as_before_) return;
  typing_as_before_();
  typing_as_before_ = {};
  line(streams_.err, "", Color::none, false);
}

std::string Console::ask_hidden(std::string_view question) {
  if (!streams_.in_is_terminal || !hide_typing()) return {};
  std::string answer = ask(question);
  const std::lock_guard lock(words_mutex_);
  show_typing();
  return answer;
}

}  // namespace sparekeep

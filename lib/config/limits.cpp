#include "lib/config/limits.h"

#include <optional>

#include "lib/config/value.h"

namespace sparekeep {

namespace {

// Follows TOML only as far as strings and comments go, so that what stands in them does not count.
class LimitScan {
 public:
  LimitScan(std::string_view text, const std::shared_ptr<const std::string>& file) : text_(text), file_(file) {}

  Result<void> run() {
    if (text_.size() > kConfigBytesMax)
      return refusal({file_, 1, 1}, "the file has " + std::to_string(text_.size()) + " bytes",
                     expected(kConfigBytesMax, "bytes in a file"));
    while (at_ < text_.size() && !fault_) step();
    if (fault_) return *fault_;
    return {};
  }

 private:
  static std::string expected(size_t max, std::string_view what) {
    return "expected at most " + std::to_string(max) + " " + std::string(what);
  }

  void refuse(std::string_view what, size_t max, std::string_view unit) {
    const auto column = static_cast<uint32_t>(at_ - line_start_ + 1);
    fault_ = refusal({file_, line_, column}, what, expected(max, unit));
  }

  void step() {
    const char c = text_[at_];
    if (at_ - line_start_ >= kConfigLineBytesMax && c != '\n')
      return refuse("the line is too long", kConfigLineBytesMax, "bytes in a line");
    if (c == '\n') return end_line();
    if (comment_) return advance(1);
    if (!quote_.empty()) return in_string();
    if (c == '#')
      comment_ = true;
    else if (c == '"' || c == '\'')
      return begin_string(c);
    else
      structure(c);
    advance(1);
  }

  void advance(size_t count) { at_ += count; }

  void end_line() {
    advance(1);
    ++line_, line_start_ = at_, comment_ = false, parts_ = 1;
    if (quote_.size() == 1) quote_ = {};  // an error that the library names
  }

  void begin_string(char c) {
    const std::string_view rest = text_.substr(at_);
    const bool triple = rest.size() >= 3 && rest[1] == c && rest[2] == c;
    quote_ = rest.substr(0, triple ? 3 : 1);
    advance(quote_.size());
  }

  void in_string() {
    const std::string_view rest = text_.substr(at_);
    if (quote_[0] == '"' && rest[0] == '\\' && rest.size() > 1 && rest[1] != '\n') return advance(2);
    if (!rest.starts_with(quote_)) return advance(1);
    advance(quote_.size());
    quote_ = {};
  }

  void structure(char c) {
    if (c == '.') return count_part();
    if (c == '[' || c == '{') return open();
    if (c == ']' || c == '}') depth_ -= depth_ > 0 ? 1 : 0;
    if (c == '=') count_key();
    if (c == ',') count_value();
    if (c == '=' || c == ',' || c == ']' || c == '}') parts_ = 1;
  }

  void open() {
    parts_ = 1;
    if (depth_ == 0) count_key();  // a header, or the first bracket of a value
    if (++depth_ > kConfigDepthMax) refuse("brackets are too deep", kConfigDepthMax, "brackets inside one another");
  }

  void count_part() {
    if (++parts_ > kConfigKeyPartsMax) return refuse("the key has too many parts", kConfigKeyPartsMax, "parts in a dotted key");
    count_key();
  }

  void count_key() {
    if (++keys_ > kConfigKeysMax) return refuse("there are too many keys", kConfigKeysMax, "keys in a file");
    count_value();
  }

  void count_value() {
    if (++values_ > kConfigValuesMax && !fault_) refuse("there are too many values", kConfigValuesMax, "values in a file");
  }

  std::string_view text_;
  const std::shared_ptr<const std::string>& file_;
  std::optional<Error> fault_;
  std::string_view quote_;  // of the string that is open
  bool comment_ = false;
  size_t at_ = 0, line_start_ = 0, depth_ = 0, parts_ = 1, keys_ = 0, values_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

Result<void> check_config_limits(std::string_view text, const std::shared_ptr<const std::string>& file) {
  return LimitScan(text, file).run();
}

}  // namespace sparekeep

// Key files as text: lines name = "value", # begins a comment. Secrets are written in hex and never pass through a string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/crypt/secret.h"

namespace sparekeep::central {

class KeyTextWriter {
 public:
  KeyTextWriter();
  void comment(std::string_view text);
  void text(std::string_view name, std::string_view value);     // no quotes or control bytes in it
  void secret(std::string_view name, const Secret& value);
  Secret take() { return Secret(std::move(bytes_)); }

 private:
  void raw(std::string_view text);
  Bytes bytes_;                                                 // reserved at once: no copies stay behind
};

class KeyText {
 public:
  static Result<KeyText> parse(ByteSpan text);                  // corrupt: "line 3: expected name = \"value\""
  Result<std::string> text(std::string_view name) const;        // corrupt where it is missing
  Result<Secret> secret(std::string_view name, size_t size) const;

 private:
  struct Line {
    std::string name;
    Secret value;
  };
  const Secret* find(std::string_view name) const;
  std::vector<Line> lines_;
};

}  // namespace sparekeep::central

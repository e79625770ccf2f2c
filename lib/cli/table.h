// Text tables for people: columns as wide as their widest cell, numbers to the right, two spaces between. On a terminal the
// last left-aligned column is cut to the width; in a pipe nothing is cut.
#pragma once

#include <string>
#include <vector>

namespace sparekeep {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells);      // as many as there are columns; made printable
  bool empty() const { return rows_.empty(); }
  std::string text(size_t width_max = 0) const;  // lines with \n; 0: no limit

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

size_t text_width(std::string_view text);  // columns on a terminal: characters, not bytes; wide ones count as one

}  // namespace sparekeep

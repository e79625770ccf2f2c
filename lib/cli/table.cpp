#include "lib/cli/table.h"

#include <algorithm>
#include <cstdint>

#include "lib/base/error.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr size_t kCutWidthMin = 12;  // a column is never cut below this

bool begins_character(char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }

std::string cut_to(const std::string& text, size_t width) {
  if (text_width(text) <= width) return text;
  std::string out;
  size_t characters = 0;
  for (const char c : text) {
    if (begins_character(c) && ++characters >= width) break;
    out += c;
  }
  return out + "\xe2\x80\xa6";  // an ellipsis
}

std::string padded(const std::string& text, size_t width, Align align) {
  const std::string blanks(width - std::min(width, text_width(text)), ' ');
  return align == Align::right ? blanks + text : text + blanks;
}

}  // namespace

size_t text_width(std::string_view text) { return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character)); }

void TextTable::add(std::vector<std::string> cells) {
  SK_CHECK(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(size_t width_max) const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<size_t> widths(columns_.size());
  size_t total = columns_.empty() ? 0 : 2 * (columns_.size() - 1), flexible = columns_.size();
  for (size_t i = 0; i < columns_.size(); ++i) {
    for (const std::vector<std::string>& line : lines) widths[i] = std::max(widths[i], text_width(line[i]));
    total += widths[i];
    if (columns_[i].align == Align::left) flexible = i;
  }
  if (width_max > 0 && total > width_max && flexible < columns_.size()) {
    const size_t spare = std::min(widths[flexible], total - width_max);
    widths[flexible] = std::max(widths[flexible] - spare, std::min(widths[flexible], kCutWidthMin));
  }
  std::string out;
  for (const std::vector<std::string>& line : lines) {
    std::string row;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = i == flexible ? cut_to(line[i], widths[i]) : line[i];
      row += (i > 0 ? "  " : "") + padded(cell, widths[i], columns_[i].align);
    }
    out += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace sparekeep

#include "playbooks/schedule.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr size_t kScheduleLengthMax = 256;

struct Shorthand {
  std::string_view name, meaning;
};
constexpr std::array<Shorthand, 9> kShorthands{{{"minutely", "*-*-* *:*:00"},
                                                {"hourly", "*-*-* *:00:00"},
                                                {"daily", "*-*-* 00:00:00"},
                                                {"weekly", "Mon *-*-* 00:00:00"},
                                                {"monthly", "*-*-01 00:00:00"},
                                                {"quarterly", "*-01,04,07,10-01 00:00:00"},
                                                {"semiannually", "*-01,07-01 00:00:00"},
                                                {"yearly", "*-01-01 00:00:00"},
                                                {"annually", "*-01-01 00:00:00"}}};
constexpr std::array<std::string_view, 7> kDays{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

struct FieldRule {
  std::string_view name;
  uint32_t min, max;
};
constexpr FieldRule kYear{"year", 1970, 2199}, kMonth{"month", 1, 12}, kDay{"day", 1, 31}, kHour{"hour", 0, 23}, kMinute{"minute", 0, 59},
    kSecond{"second", 0, 59};

Error reason(const std::string& text) { return Error(ErrorKind::usage, text); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The parts around the first `separator`; the second is empty where there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, std::string_view separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + separator.size())};
}

Result<uint32_t> parse_number(std::string_view text, const FieldRule& rule) {
  uint32_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = fault == std::errc() && end == text.data() + text.size();
  if (whole && value >= rule.min && value <= rule.max) return value;
  return reason("the " + std::string(rule.name) + " " + in_quotes(text) + " is not " + std::to_string(rule.min) + " to " +
                std::to_string(rule.max));
}

// "5", "5..10", "5/2", "5..10/2", "*/2"
Result<CalendarRange> parse_range(std::string_view text, const FieldRule& rule) {
  const auto [values, step_text] = cut(text, "/");
  CalendarRange range{rule.min, rule.max, 1};
  if (values.size() != text.size()) {
    const Result<uint32_t> step = parse_number(step_text, {"step", 1, rule.max});
    if (!step) return step.error();
    range.step = *step;
  }
  if (values == "*") return range;
  const auto [first_text, last_text] = cut(values, "..");
  const Result<uint32_t> first = parse_number(first_text, rule);
  if (!first) return first.error();
  range.first = *first;
  if (first_text.size() == values.size()) {
    if (values.size() == text.size()) range.last = range.first, range.step = 0;
    return range;
  }
  const Result<uint32_t> last = parse_number(last_text, rule);
  if (!last) return last.error();
  if (*last < *first) return reason("the " + std::string(rule.name) + " range " + in_quotes(values) + " ends before it begins");
  range.last = *last;
  return range;
}

Result<CalendarField> parse_field(std::string_view text, const FieldRule& rule) {
  if (text == "*") return CalendarField{};
  CalendarField field;
  for (const std::string& part : split_text(text, ',')) {
    const Result<CalendarRange> range = parse_range(part, rule);
    if (!range) return range.error();
    field.push_back(*range);
  }
  return field;
}

// Sets the field; empty when it was fine.
Result<void> read_field(CalendarField& field, std::string_view text, const FieldRule& rule) {
  const Result<CalendarField> parsed = parse_field(text, rule);
  if (!parsed) return parsed.error();
  field = *parsed;
  return {};
}

int day_index(std::string_view text) {
  const std::string name = lower(text);
  for (size_t i = 0; i < kDays.size(); ++i)
    if (name == kDays[i] || name == kDays[i].substr(0, 3)) return static_cast<int>(i);
  return -1;
}

bool looks_like_days(std::string_view token) {
  const size_t letters = std::min(token.find_first_of(".,"), token.size());
  return day_index(token.substr(0, letters)) >= 0;
}

Result<uint8_t> parse_days(std::string_view token) {
  unsigned days = 0;
  for (const std::string& part : split_text(token, ',')) {
    const auto [first_text, last_text] = cut(part, "..");
    const int first = day_index(first_text);
    const int last = first_text.size() == part.size() ? first : day_index(last_text);
    if (first < 0 || last < 0) return reason(in_quotes(part) + " is no day of the week");
    if (last < first) return reason("the range of days " + in_quotes(part) + " ends before it begins");
    for (int day = first; day <= last; ++day) days |= 1u << day;
  }
  return static_cast<uint8_t>(days);
}

Result<void> parse_date(Schedule& schedule, std::string_view token) {
  std::string text(token);
  const size_t from_end = text.find('~');
  schedule.days_from_end = from_end != std::string::npos;
  if (schedule.days_from_end) text[from_end] = '-';
  std::vector<std::string> parts = split_text(text, '-');
  if (parts.size() == 2) parts.insert(parts.begin(), "*");
  if (parts.size() != 3) return reason(in_quotes(token) + " is no date");
  for (const auto& [field, part, rule] :
       {std::tuple(&schedule.years, &parts[0], &kYear), {&schedule.months, &parts[1], &kMonth}, {&schedule.days, &parts[2], &kDay}}) {
    const Result<void> read = read_field(*field, *part, *rule);
    if (!read) return read;
  }
  return {};
}

Result<void> parse_time(Schedule& schedule, std::string_view token) {
  std::vector<std::string> parts = split_text(token, ':');
  if (parts.size() == 2) parts.emplace_back("00");
  if (parts.size() != 3) return reason(in_quotes(token) + " is no time");
  for (const auto& [field, part, rule] : {std::tuple(&schedule.hours, &parts[0], &kHour),
                                          {&schedule.minutes, &parts[1], &kMinute},
                                          {&schedule.seconds, &parts[2], &kSecond}}) {
    const Result<void> read = read_field(*field, *part, *rule);
    if (!read) return read;
  }
  return {};
}

bool is_zone(std::string_view token) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '/' || c == '_' || c == '+' || c == '-'; };
  const bool named = token == "UTC" || (token.find('/') != std::string_view::npos && std::isupper(static_cast<unsigned char>(token[0])));
  return named && std::all_of(token.begin(), token.end(), fits);
}

bool holds(const CalendarField& field, uint32_t value) {
  return field.empty() || std::any_of(field.begin(), field.end(), [&](const CalendarRange& range) {
           return value >= range.first && value <= range.last && (range.step == 0 || (value - range.first) % range.step == 0);
         });
}

bool some_day_exists(const Schedule& schedule) {
  constexpr std::array<uint32_t, 12> kLengths{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (uint32_t month = 1; month <= 12; ++month)
    for (uint32_t day = 1; day <= kLengths[month - 1]; ++day)
      if (holds(schedule.months, month) && holds(schedule.days, day)) return true;
  return false;
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::string& token : split_text(text, ' '))
    if (!token.empty()) tokens.push_back(std::move(token));
  return tokens;
}

class ScheduleParser {
 public:
  explicit ScheduleParser(std::string_view text) : tokens_(tokens_of(text)) {
    const CalendarRange zero{};
    schedule_.hours = schedule_.minutes = schedule_.seconds = {zero};
  }

  Result<Schedule> run() {
    if (tokens_.empty()) return reason("it is empty");
    if (next_is(looks_like_days)) {
      const Result<uint8_t> days = parse_days(tokens_[at_++]);
      if (!days) return days.error();
      schedule_.weekdays = *days;
    }
    const auto is_date = [](std::string_view token) {
      return !is_zone(token) && token.find(':') == token.npos && token.find_first_of("-~") != token.npos;
    };
    if (next_is(is_date))
      if (const Result<void> date = parse_date(schedule_, tokens_[at_++]); !date) return date.error();
    if (next_is([](std::string_view token) { return token.find(':') != token.npos; }))
      if (const Result<void> time = parse_time(schedule_, tokens_[at_++]); !time) return time.error();
    if (at_ > 0 && next_is(is_zone)) schedule_.zone = tokens_[at_++];
    if (at_ < tokens_.size()) return reason(in_quotes(tokens_[at_]) + " is no day, date, time or zone there");
    if (!some_day_exists(schedule_)) return reason("no month has that day");
    return schedule_;
  }

 private:
  template <typename Test>
  bool next_is(Test test) const {
    return at_ < tokens_.size() && test(tokens_[at_]);
  }

  std::vector<std::string> tokens_;
  size_t at_ = 0;
  Schedule schedule_;
};

}  // namespace

Result<Schedule> parse_schedule(std::string_view text) {
  if (text.size() > kScheduleLengthMax) return reason("it is over " + std::to_string(kScheduleLengthMax) + " characters long");
  std::string expanded(text);
  for (const Shorthand& shorthand : kShorthands)
    if (lower(cut(text, " ").first) == shorthand.name) expanded.replace(0, shorthand.name.size(), shorthand.meaning);
  Result<Schedule> schedule = ScheduleParser(expanded).run();
  if (schedule) schedule->text = text;
  return schedule;
}

}  // namespace sparekeep

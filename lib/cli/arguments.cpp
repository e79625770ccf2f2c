#include <algorithm>
#include <charconv>

#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/command.h"

namespace sparekeep {

const Arguments::Given& Arguments::given(std::string_view name) const {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Given& one) { return one.option->name == name; });
  SK_CHECK(found != options_.end());
  return *found;
}

size_t Arguments::times(std::string_view name) const { return given(name).values.size(); }

std::optional<std::string> Arguments::value(std::string_view name) const {
  const Given& one = given(name);
  if (!one.values.empty()) return one.values.back();
  if (!one.option->fallback.empty()) return one.option->fallback;
  return std::nullopt;
}

const std::vector<std::string>& Arguments::values(std::string_view name) const { return given(name).values; }

std::optional<int64_t> Arguments::integer(std::string_view name, int64_t min, int64_t max) const {
  const std::optional<std::string> text = value(name);
  if (!text) return std::nullopt;
  int64_t number = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (fault == std::errc() && end == text->data() + text->size() && number >= min && number <= max) return number;
  throw Error(ErrorKind::usage, "--" + std::string(name) + " is " + in_quotes(*text) + "; an integer from " + std::to_string(min) + " to " +
                                    std::to_string(max) + " is expected");
}

std::optional<Duration> Arguments::duration(std::string_view name) const {
  const std::optional<std::string> text = value(name);
  if (!text) return std::nullopt;
  const Result<Duration> parsed = parse_duration(*text);
  if (parsed) return *parsed;
  throw Error(ErrorKind::usage, "--" + std::string(name) + " is " + in_quotes(*text) + "; a duration such as \"5m\" is expected");
}

std::vector<Option> standard_options() {
  return {
      {.name = "json", .documentation = "print JSON on standard output"},
      {.name = "verbose", .letter = 'v', .documentation = "say how hosts were logged in to and how long it took; -vv: stages, facts and plans, too", .repeatable = true},
      {.name = "quiet", .letter = 'q', .documentation = "say only results, warnings and errors"},
      {.name = "color",
       .taking = Taking::value,
       .value_name = "WHEN",
       .documentation = "auto, always or never; NO_COLOR counts, too",
       .fallback = "auto",
       .choices = {"auto", "always", "never"}},
      {.name = "version", .documentation = "print the version"},
      {.name = "help", .letter = 'h', .documentation = "print help, for every command too"},
  };
}

std::vector<Option> central_options() {
  std::vector<Option> options{
      {.name = "state",
       .taking = Taking::value,
       .value_name = "DIR",
       .documentation = "the central's state",
       .fallback = "/var/lib/sparekeep/central",
       .environment = "SPAREKEEP_STATE",
       .meaning = Meaning::folder},
      {.name = "inventory",
       .letter = 'i',
       .taking = Taking::value,
       .value_name = "FILE",
       .documentation = "what systems there are; - is standard input",
       .repeatable = true,
       .environment = "SPAREKEEP_INVENTORY",
       .meaning = Meaning::file},
      {.name = "wait-lock",
       .taking = Taking::value,
       .value_name = "TIME",
       .documentation = "how long to wait for another command",
       .fallback = "5m"},
  };
  for (Option& option : standard_options()) options.push_back(std::move(option));
  return options;
}

}  // namespace sparekeep

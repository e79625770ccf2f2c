#include "installer/commands/rolling.h"

namespace sparekeep::central {

std::vector<Option> with_rolling_options(std::vector<Option> options) {
  options.push_back({.name = "serial", .taking = Taking::value, .value_name = "N|N%", .documentation = "hosts in batches of so many, one batch after the other",
                     .repeatable = true});
  options.push_back({.name = "max-fail", .taking = Taking::value, .value_name = "N|N%", .documentation = "begin nothing more when more hosts than that have failed"});
  return options;
}

RolloutOptions rollout_options_of(const Arguments& arguments) {
  RolloutOptions options;
  for (const std::string& size : arguments.values("serial")) options.serial.push_back(parse_host_share("serial", size, 1));
  if (const std::optional<std::string> most = arguments.value("max-fail")) options.failures_max = parse_host_share("max-fail", *most, 0);
  return options;
}

}  // namespace sparekeep::central

#include "lib/base/set_aside.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr int kLostMax = 10'000;

bool stands(const Path& file) {
  std::error_code none;
  return std::filesystem::exists(std::filesystem::symlink_status(file, none));
}

bool any_stands(const Path& file, const std::vector<std::string>& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) { return stands(file.native() + ending); });
}

Result<Path> free_place(const Path& file, const std::vector<std::string>& endings) {
  for (int number = 1; number <= kLostMax; ++number) {
    Path place = file.native() + ".lost-" + std::to_string(number);
    if (!any_stands(place, endings)) return place;
  }
  return Error(ErrorKind::failed, "there are over " + std::to_string(kLostMax) + " of " + in_quotes(file.native() + ".lost-N") + "; move them away");
}

}  // namespace

Result<Path> set_aside(const Path& file, const std::vector<std::string>& endings) {
  if (!any_stands(file, endings)) return Path();
  const Result<Path> place = free_place(file, endings);
  if (!place) return place;
  for (const std::string& ending : endings) {
    const Path from = file.native() + ending, to = place->native() + ending;
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return system_error("moving " + in_quotes(from.native()) + " aside", errno);
  }
  if (const Result<void> synced = sync_folder(file.parent_path()); !synced) return synced.error();
  return place;
}

}  // namespace sparekeep

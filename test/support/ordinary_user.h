// What an ordinary user may do, tested as root.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "test/support/catch.h"

namespace sparekeep {

inline constexpr uid_t kNobody = 65534;

// Runs `work` in a child that is an ordinary user, and gives what it returns: the body of a test can not change its user back.
inline std::string as_ordinary_user(const std::function<std::string()>& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "the user could not be changed";
    if (::geteuid() != 0 || (::setresgid(kNobody, kNobody, kNobody) == 0 && ::setresuid(kNobody, kNobody, kNobody) == 0)) try {
        text = work();
      } catch (const std::exception& error) {
        text = error.what();
      }
    ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return text;
}

}  // namespace sparekeep

// Man pages in roff, from the command table: one of the program, one of each of its commands.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep {

struct ManPage {
  std::string name;                          // of its file: "sparekeep-install.1"
  std::string text;
};

// The program's own page first. Without dates: the same program gives the same pages.
std::vector<ManPage> man_pages(const Program& program);

Command man_command();                       // hidden: prints a page, or writes all into a folder, which is what packages are made of

}  // namespace sparekeep

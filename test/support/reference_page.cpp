#include "test/support/reference_page.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sparekeep {

std::string reference_difference(const std::string& file, const std::string& expected) {
  if (std::getenv("SK_ACCEPT")) {
    std::ofstream(file, std::ios::binary) << expected;
    return {};
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream page;
  page << in.rdbuf();
  return page.str() == expected ? "" : file + " is not what the code says; run this test with SK_ACCEPT=1";
}

}  // namespace sparekeep

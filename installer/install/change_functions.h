// The shell functions that change scripts are made of.
#pragma once

#include <string_view>

namespace sparekeep::central {

extern const std::string_view kEnterRoot;          // sets ROOT to what it is, and takes the lock
extern const std::string_view kChangeFunctions;
extern const std::string_view kPurge;

}  // namespace sparekeep::central

// Catch2 with a way to print our results: what every test includes, precompiled.
#pragma once

#include "lib/base/error.h"

#include <catch2/catch.hpp>

template <typename T>
struct Catch::StringMaker<boost::system::result<T, sparekeep::Error>> {
  static std::string convert(const boost::system::result<T, sparekeep::Error>& result) {
    return result ? std::string("a value") : "error: " + result.error().text();
  }
};

#include "lib/config/interpolate.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

const Variables kVariables{{{"app", "shop"}, {"host", "web1"}}, "host 'web1'"};

std::string refused(std::string_view text) {
  try {
    return "nothing: " + interpolate(text, {std::make_shared<const std::string>("a.toml"), 3, 9}, kVariables);
  } catch (const Error& error) {
    return error.text();
  }
}

}  // namespace

TEST_CASE("variables in strings") {
  CHECK(interpolate("/srv/${app}/${host}", {}, kVariables) == "/srv/shop/web1");
  CHECK(interpolate("$HOME $5 $", {}, kVariables) == "$HOME $5 $");
  CHECK(interpolate("echo $${HOME} ${app}", {}, kVariables) == "echo ${HOME} shop");
}

TEST_CASE("what is undefined is refused with its place") {
  CHECK(refused("/srv/${ap}") == "a.toml:3:9: '${ap}' is not defined for host 'web1'; did you mean '${app}'?");
  CHECK(refused("/srv/${database}") ==
        "a.toml:3:9: '${database}' is not defined for host 'web1'; a name in 'vars' of the inventory or 'host' is expected");
  CHECK(refused("/srv/${app") == "a.toml:3:9: '${' without '}'; '${name}', or '$${' for the characters themselves, is expected");
  CHECK(refused("/srv/${}") == "a.toml:3:9: '${}' is not defined for host 'web1'; a name in 'vars' of the inventory or 'host' is expected");
}

TEST_CASE("what a text grows to is bounded, and all texts together; what a variable gives is not looked at again") {
  size_t left = 1'000'000;
  const Variables laughs{{{"a", "${b}${b}"}, {"b", std::string(30'000, 'x')}}, "host 'h'", &left};
  const Position at{std::make_shared<const std::string>("a.toml"), 3, 9};
  CHECK(interpolate("${a}", at, laughs) == "${b}${b}");
  CHECK(interpolate("${b}${b}", at, laughs).size() == 60'000);
  CHECK_THROWS_WITH(interpolate("${b}${b}${b}", at, laughs), "a.toml:3:9: the text is too long once its variables are known; expected at most 65536 bytes");
  left = 29'999;
  CHECK(interpolate("plain", at, laughs) == "plain");
  CHECK_THROWS_WITH(interpolate("${b}", at, laughs), "a.toml:3:9: the values of variables are too long where they stand; expected at most 33554432 bytes in all texts");
}

TEST_CASE("names of variables") {
  CHECK(is_variable_name("app_2"));
  CHECK_FALSE(is_variable_name("2app"));
  CHECK_FALSE(is_variable_name("a-b"));
  CHECK_FALSE(is_variable_name(""));
}

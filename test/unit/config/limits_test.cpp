// TOML bombs: each is refused with its place, which is how far it was read (test/cli/toml_bombs.py measures whole commands).
#include "lib/config/limits.h"

#include "test/support/catch.h"

#include "lib/config/toml.h"

using namespace sparekeep;

namespace {

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

// The refusal is that of the limits, before the library saw a byte.
std::string refused(const std::string& text) {
  const Result<ConfigTable> table = parse_toml(text, "bomb.toml");
  const Result<void> within = check_config_limits(text, std::make_shared<const std::string>("bomb.toml"));
  CHECK(table.has_value() == within.has_value());
  if (!within) CHECK(within.error().text() == table.error().text());
  return table ? "nothing" : table.error().text();
}

}  // namespace

TEST_CASE("bombs are refused") {
  CHECK(refused(repeated("a.", 200'000) + "a = 1\n") ==
        "bomb.toml:1:16: the key has too many parts; expected at most 8 parts in a dotted key");
  CHECK(refused("[" + repeated("a.", 200'000) + "a]\n") ==
        "bomb.toml:1:17: the key has too many parts; expected at most 8 parts in a dotted key");
  CHECK(refused(repeated("a.\"b\".", 100) + "a = 1\n") ==
        "bomb.toml:1:24: the key has too many parts; expected at most 8 parts in a dotted key");
  CHECK(refused("a = " + repeated("[", 400'000)) ==
        "bomb.toml:1:21: brackets are too deep; expected at most 16 brackets inside one another");
  CHECK(refused("a = " + repeated("[\n", 400'000)) ==
        "bomb.toml:17:1: brackets are too deep; expected at most 16 brackets inside one another");
  CHECK(refused("a = " + repeated("{a=", 100'000)) ==
        "bomb.toml:1:53: brackets are too deep; expected at most 16 brackets inside one another");
  CHECK(refused(repeated("x", 2'000'000)) == "bomb.toml:1:1: the file has 2000000 bytes; expected at most 1048576 bytes in a file");
  CHECK(refused("a = 1\nb = \"" + repeated("x", 5000) + "\"\n") ==
        "bomb.toml:2:4097: the line is too long; expected at most 4096 bytes in a line");
  CHECK(refused("# " + repeated("x", 5000)) == "bomb.toml:1:4097: the line is too long; expected at most 4096 bytes in a line");
}

TEST_CASE("too many keys, tables and values are refused") {
  std::string keys, headers, dotted, values;
  for (int i = 0; i < 25'000; ++i) {
    keys += "k" + std::to_string(i) + " = 1\n";
    headers += "[t" + std::to_string(i) + ".a.b.c]\n";
    dotted += "a" + std::to_string(i) + ".b.c.d = 1\n";
  }
  std::string lists;
  for (int i = 0; i < 25'000; ++i) lists += "[[a]]\n";
  CHECK(refused(lists) == "bomb.toml:20001:1: there are too many keys; expected at most 20000 keys in a file");
  values = "a = [\n" + repeated("1, 2, 3, 4,\n", 20'000) + "]\n";
  CHECK(refused(keys) == "bomb.toml:20001:8: there are too many keys; expected at most 20000 keys in a file");
  CHECK(refused(headers) == "bomb.toml:5001:1: there are too many keys; expected at most 20000 keys in a file");
  CHECK(refused(dotted) == "bomb.toml:5001:6: there are too many keys; expected at most 20000 keys in a file");
  CHECK(refused(values) == "bomb.toml:12501:8: there are too many values; expected at most 50000 values in a file");
}

TEST_CASE("what is just within the limits is read") {
  CHECK(refused("a = " + repeated("[", 16) + repeated("]", 16) + "\n") == "nothing");
  CHECK(refused("a.b.c.d.e.f.g.h = 1\n") == "nothing");
  CHECK(refused("a = \"" + repeated("x", 4090) + "\"\n") == "nothing");
  CHECK(refused("a = [\n" + repeated("\"a long list over several lines\",\n", 2000) + "]\n") == "nothing");
}

TEST_CASE("what stands in strings and comments does not count") {
  CHECK(refused("a = \"" + repeated(".", 100) + repeated("[", 100) + "\"\n") == "nothing");
  CHECK(refused("a = '" + repeated("{", 100) + "'\n") == "nothing");
  CHECK(refused("a = \"\\\"" + repeated("[", 100) + "\"\n") == "nothing");
  CHECK(refused("a = \"\"\"\n" + repeated("[\n", 100) + "\"\"\"\n") == "nothing");
  CHECK(refused("a = '''\n" + repeated("[\n", 100) + "'''\n") == "nothing");
  CHECK(refused("# " + repeated("[", 100) + "\na = 1\n") == "nothing");
}

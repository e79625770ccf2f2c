#include "lib/config/key_table.h"

#include "test/support/catch.h"

#include <optional>

#include "lib/config/reference.h"
#include "lib/config/toml.h"

using namespace sparekeep;

namespace {

struct Disk {
  std::string path;
  uint64_t size_bytes = 0;
};

struct Machine {
  std::string name;
  uint16_t port = 7;
  bool on = false;
  std::optional<Duration> wait;
  int color = 0;
  Disk disk;
  std::vector<std::string> tags;
  std::map<std::string, std::string> vars;
};

KeyTable<Machine> machine_keys() {
  const KeyTable<Disk> disk{
      "'disk'",
      {key("path", &Disk::path, absolute_path(), {"where", "", true}), key("size", &Disk::size_bytes, size_in_bytes(), {"how much", "0"})}};
  const auto has_no_dash = [](std::string_view name) { return name.find('-') == std::string_view::npos; };
  return {"a machine",
          {
              key("name", &Machine::name, any_text(), {"what it is called", "", true}),
              key("port", &Machine::port, integer_between(1, 65535), {"of it", "7"}),
              key("on", &Machine::on, flag(), {"is it?", "`false`"}),
              key("wait", &Machine::wait, duration(), {"a | b", "none"}),
              key("color", &Machine::color, one_of<int>({{"red", 1}, {"green", 2}, {"blue", 3}}), {"its paint", "none"}),
              key("disk", &Machine::disk, table_of(disk), {"its disk", "none"}),
              key("tags", &Machine::tags, list_of("a list of strings", any_text(), 1), {"words", "none"}),
              key("vars", &Machine::vars, map_of_texts("a table of strings", has_no_dash), {"more", "none"}),
          }};
}

Machine read(std::string_view text) { return machine_keys().read(parse_toml(text, "m.toml").value()); }

std::string refused(std::string_view text) {
  try {
    read(text);
    return "nothing";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.text();
  }
}

}  // namespace

TEST_CASE("every type is read") {
  const Machine machine = read(
      "name = 'a'\nport = 9\non = true\nwait = '2s'\ncolor = 'green'\ndisk = { path = '/x', size = '1 KiB' }\n"
      "tags = ['p', 'q']\nvars = { k = 'v' }\n");
  CHECK(machine.name == "a");
  CHECK(machine.port == 9);
  CHECK(machine.on);
  CHECK(machine.wait == std::chrono::seconds(2));
  CHECK(machine.color == 2);
  CHECK(machine.disk.path == "/x");
  CHECK(machine.disk.size_bytes == 1024);
  CHECK(machine.tags == std::vector<std::string>{"p", "q"});
  CHECK(machine.vars.at("k") == "v");
}

TEST_CASE("missing keys keep their defaults") {
  const Machine machine = read("name = 'a'");
  CHECK(machine.port == 7);
  CHECK_FALSE(machine.wait);
}

TEST_CASE("each kind of fault has its message") {
  CHECK(refused("name = 'a'\nprot = 1") == "m.toml:2:1: unknown key 'prot' in a machine; did you mean 'port'?");
  CHECK(refused("name = 'a'\nxyz = 1") ==
        "m.toml:2:1: unknown key 'xyz' in a machine; known are name, port, on, wait, color, disk, tags, vars");
  CHECK(refused("port = 1") == "m.toml:1:1: a machine without 'name'; a string is expected");
  CHECK(refused("name = 1") == "m.toml:1:8: 'name' is 1; a string is expected");
  CHECK(refused("port = '1'") == "m.toml:1:8: 'port' is '1'; an integer from 1 to 65535 is expected");
  CHECK(refused("port = 65536") == "m.toml:1:8: 'port' is 65536; an integer from 1 to 65535 is expected");
  CHECK(refused("port = [1]") == "m.toml:1:8: 'port' is a list; an integer from 1 to 65535 is expected");
  CHECK(refused("on = 'yes'") == "m.toml:1:6: 'on' is 'yes'; true or false is expected");
  CHECK(refused("wait = 'long'") == "m.toml:1:8: 'wait' is 'long'; a duration such as \"30d\" or \"5m\" is expected");
  CHECK(refused("color = 'pink'") == "m.toml:1:9: 'color' is 'pink'; 'red', 'green' or 'blue' is expected");
  CHECK(refused("disk = '/x'") == "m.toml:1:8: 'disk' is '/x'; a table is expected");
  CHECK(refused("disk = { path = 'x' }") == "m.toml:1:17: 'path' is 'x'; an absolute path is expected");
  CHECK(refused("disk = { path = '/x', size = true }") == "m.toml:1:30: 'size' is true; a size such as \"200 GiB\" is expected");
  CHECK(refused("disk = { size = '1' }") == "m.toml:1:8: 'disk' without 'path'; an absolute path is expected");
  CHECK(refused("tags = []") == "m.toml:1:8: 'tags' is empty; a list of strings is expected");
  CHECK(refused("tags = 'x'") == "m.toml:1:8: 'tags' is 'x'; a list of strings is expected");
  CHECK(refused("tags = ['a', 2]") == "m.toml:1:14: an item of 'tags' is 2; a string is expected");
  CHECK(refused("vars = { a-b = 'x' }") == "m.toml:1:10: 'a-b' cannot be a key of 'vars'; a table of strings is expected");
  CHECK(refused("vars = { a = 2 }") == "m.toml:1:14: 'a' is 2; a string is expected");
  CHECK(refused("name = \"a\\u0000b\"") == "m.toml:1:8: 'name' is 'a\\x00b'; a string is expected");
}

TEST_CASE("the reference page says the same as the table") {
  const std::string page = reference_page("Machines", {{"A machine", "Words.", machine_keys().docs()}});
  CHECK(page.find("| `name` | a string | required | what it is called |\n") != std::string::npos);
  CHECK(page.find("| `disk.size` | a size such as \"200 GiB\" | 0 | how much |\n") != std::string::npos);
  CHECK(page.find("| `wait` | a duration such as \"30d\" or \"5m\" | none | a \\| b |\n") != std::string::npos);
}

#include "lib/cli/console.h"

#include "test/support/catch.h"

#include <sstream>

using namespace sparekeep;

namespace {

struct World {
  std::istringstream in{"yes\n"};
  std::ostringstream out, err;
  Streams streams(bool terminal) { return {in, out, err, terminal, terminal, terminal, 20}; }
};

}  // namespace

TEST_CASE("results go to standard output, messages to standard error") {
  World world;
  Console console(world.streams(false), {});
  console.print("result");
  console.say("happens");
  console.json(JsonObject());
  console.detail(1, "hidden");
  console.warn("careful");
  console.error("broken");
  console.print_raw(std::string_view("a\0b", 3));
  CHECK(world.out.str() == "result\nhappens\n" + std::string("a\0b", 3));
  CHECK(world.err.str() == "warning: careful\nerror: broken\n");
}

TEST_CASE("with --json standard output is JSON alone") {
  World world;
  Console console(world.streams(false), {.json = true, .verbosity = 1});
  console.print("result");
  console.say("happens");
  console.json(JsonObject().set("a", 1));
  console.detail(1, "shown");
  console.detail(2, "hidden");
  CHECK(world.out.str() == "{\"a\":1}\n");
  CHECK(world.err.str() == "happens\nshown\n");
}

TEST_CASE("quiet and color") {
  World world;
  Console quiet(world.streams(true), {.quiet = true});
  quiet.say("happens");
  quiet.progress("50 %");
  Console colored(world.streams(true), {.color_out = true});
  colored.say("fine", Color::green);
  colored.say("plain");
  CHECK(world.out.str() == "\x1b[32mfine\x1b[0m\nplain\n");
  CHECK(world.err.str().empty());
}

TEST_CASE("the progress line is cut to the width and gives way to lines") {
  World world;
  {
    Console console(world.streams(true), {});
    console.progress("a progress that is too long");
    console.warn("w");
    console.progress("b");
  }
  CHECK(world.err.str() == "\r\x1b[Ka progress that is \r\x1b[Kwarning: w\n\r\x1b[Kb\r\x1b[K");
  World pipe;
  Console console(pipe.streams(false), {});
  console.progress("never");
  CHECK(pipe.err.str().empty());
}

TEST_CASE("a terminal that knows no escape sequences gets a progress line without any") {
  World world;
  {
    Console console(world.streams(true), {.knows_escapes = false});
    console.progress("a progress that is too long");
    console.warn("w");
  }
  const std::string erased = "\r" + std::string(19, ' ') + "\r";
  CHECK(world.err.str() == erased + "a progress that is " + erased + "warning: w\n");
}

TEST_CASE("foreign text in a line cannot move the terminal; lines stay lines") {
  World world;
  Console console(world.streams(false), {});
  console.print("a\x1b[2J\nb");
  CHECK(world.out.str() == "a\\x1b[2J\nb\n");
}

TEST_CASE("a question is asked on a terminal only") {
  World world;
  CHECK(Console(world.streams(false), {}).ask("sure?").empty());
  CHECK(Console(world.streams(true), {}).ask("sure?") == "yes");
  CHECK(world.err.str() == "sure? ");
}

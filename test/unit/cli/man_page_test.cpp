#include "lib/cli/man_page.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Program program() {
  Command greet{.name = "greet all", .group = "Talking", .summary = "says hello"};
  greet.options = {{.name = "name", .letter = 'n', .taking = Taking::value, .value_name = "NAME", .documentation = "whom to greet", .fallback = "you",
                    .choices = {"you", "me"}}};
  greet.positionals = {{.name = "WORD", .at_least = 1, .at_most = 5}};
  greet.example = "  sparekeep greet all --name 'me'";
  greet.manual = "One line,\n'and' a second.\n\n.Another\\paragraph.";
  return {.name = "sparekeep", .summary = "backs up", .version = "0.1.0", .options = {{.name = "json", .documentation = "print JSON"}},
          .commands = {greet, {.name = "secret", .hidden = true}}, .man_section = 8};
}

bool has(const ManPage& page, const std::string& text) { return page.text.find(text) != page.text.npos; }

}  // namespace

TEST_CASE("a page of the program and one of each command that is shown") {
  const std::vector<ManPage> pages = man_pages(program());
  REQUIRE(pages.size() == 2);
  CHECK(pages[0].name == "sparekeep.8");
  CHECK(has(pages[0], ".TH SPAREKEEP 8 \"\" \"sparekeep 0.1.0\" \"Sparekeep\"\n.SH NAME\nsparekeep \\- backs up\n"));
  CHECK(has(pages[0], ".TP\n\\fBgreet all\\fR\nsays hello\n"));
  CHECK(has(pages[0], ".SH SEE ALSO\n\\fBsparekeep\\-greet\\-all\\fR(8)\n"));
  CHECK_FALSE(has(pages[0], "secret"));
  CHECK(pages[1].name == "sparekeep-greet-all.8");
  CHECK(has(pages[1], "sparekeep\\-greet\\-all \\- says hello\n.SH SYNOPSIS\n\\fBsparekeep greet all\\fR [\\fIOPTIONS\\fR] \\fIWORD\\fR...\n"));
  CHECK(has(pages[1], ".TP\n\\fB\\-n\\fR, \\fB\\-\\-name\\fR \\fINAME\\fR\nwhom to greet (one of you, me; default you)\n"));
  CHECK(has(pages[1], ".SH GLOBAL OPTIONS\n.TP\n\\fB\\-\\-json\\fR\nprint JSON\n"));
  CHECK(has(pages[1], ".TP\n\\fB129, 130, 143\\fR\nended by SIGHUP, SIGINT or SIGTERM; what was begun can be resumed\n"));
}

TEST_CASE("text of ours is no request to roff") {
  const ManPage page = man_pages(program())[1];
  CHECK(has(page, ".SH DESCRIPTION\nOne line,\n\\&\\(aqand\\(aq a second.\n.PP\n\\&.Another\\eparagraph.\n"));
  CHECK(has(page, ".SH EXAMPLES\n.nf\n  sparekeep greet all \\-\\-name \\(aqme\\(aq\n.fi\n"));
}

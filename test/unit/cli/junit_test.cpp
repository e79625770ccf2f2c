#include "lib/cli/junit.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

const Time kBegan{1'700'000'000'000'000'000};

std::string text_of(const TaskRecord& record) { return junit_text({.name = "sparekeep apply", .began = kBegan, .seconds = 2, .cases = {record}}); }

}  // namespace

TEST_CASE("a test case for each task of a host, with its state and time") {
  const std::string text = junit_text({.name = "sparekeep apply", .began = kBegan, .seconds = 3.25,
                                       .cases = {{"web1", "programs", "/usr/lib/x", TaskState::changed, 1.5},
                                                 {"web1", "backup data", "disk full", TaskState::failed, 0.25},
                                                 {"web2", "facts", "no route", TaskState::unreachable, 0},
                                                 {"web3", "rollout", "not begun", TaskState::skipped, 0},
                                                 {"web4", "units", "", TaskState::ok, 0}},
                                       .fault = "the catalogue is gone"});
  CHECK(text ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites tests=\"6\" failures=\"1\" errors=\"2\" skipped=\"1\" time=\"3.250\">\n"
        "  <testsuite name=\"sparekeep apply\" timestamp=\"2023-11-14T22:13:20Z\" tests=\"6\" failures=\"1\" errors=\"2\" skipped=\"1\" time=\"3.250\">\n"
        "    <testcase classname=\"web1\" name=\"programs\" time=\"1.500\"><system-out>changed: /usr/lib/x</system-out></testcase>\n"
        "    <testcase classname=\"web1\" name=\"backup data\" time=\"0.250\"><failure type=\"failed\" message=\"disk full\">disk full</failure></testcase>\n"
        "    <testcase classname=\"web2\" name=\"facts\" time=\"0.000\"><error type=\"unreachable\" message=\"no route\">no route</error></testcase>\n"
        "    <testcase classname=\"web3\" name=\"rollout\" time=\"0.000\"><skipped message=\"not begun\"/></testcase>\n"
        "    <testcase classname=\"web4\" name=\"units\" time=\"0.000\"><system-out>ok</system-out></testcase>\n"
        "    <testcase classname=\"sparekeep\" name=\"sparekeep apply\" time=\"3.250\"><error type=\"command\" message=\"the catalogue is gone\">"
        "the catalogue is gone</error></testcase>\n"
        "  </testsuite>\n</testsuites>\n");
}

TEST_CASE("what XML forbids is made visible, what it means is escaped") {
  const std::string text = text_of({"h", "t", "a < b > c & \"d\" 'e'\n\x01\x7f\xff \xed\xa0\x80 \xef\xbf\xbe \xef\xbf\xbf \xc3\xa4 ]]>", TaskState::failed, 0});
  const std::string safe =
      "a &lt; b &gt; c &amp; &quot;d&quot; 'e'\\x0a\\x01\\x7f\\xff \\xed\\xa0\\x80 \xef\xbf\xbd \xef\xbf\xbd \xc3\xa4 ]]&gt;";
  CHECK(text.find("message=\"" + safe + "\">" + safe + "</failure>") != text.npos);
}

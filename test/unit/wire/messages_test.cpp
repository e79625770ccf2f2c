#include "lib/wire/json.h"
#include "lib/wire/order.h"
#include "lib/wire/report.h"
#include "lib/wire/run.h"
#include "lib/wire/second_metadata.h"
#include "lib/wire/shards.h"
#include "test/support/catch.h"

using namespace sparekeep;

TEST_CASE("a message comes back as it went") {
  Order order;
  order.kind = "backup";
  order.run.value[0] = 7;
  order.issued = Time{1795381507'000'000'000};
  order.backup.paths = {"/srv/\"www\"", "/etc"};
  order.backup.data = 2;
  order.backup.before = {{.run = "true", .user = "root"}};
  const Order back = from_json<Order>(to_json(order)).value();
  CHECK(back.kind == "backup");
  CHECK(back.run == order.run);
  CHECK(back.issued == order.issued);
  CHECK(back.backup.paths == order.backup.paths);
  CHECK(back.backup.before.at(0).user == "root");
  CHECK(to_json(back) == to_json(order));
}

TEST_CASE("what may be missing is not written, and comes back where it stands") {
  Hello hello{.program = "sparekeepd"};
  CHECK(to_json(hello).find("report") == std::string::npos);
  CHECK(!from_json<Hello>(to_json(hello)).value().report);
  hello.report = DaemonReport{.capacity_bytes = 7};
  CHECK(from_json<Hello>(to_json(hello)).value().report.value().capacity_bytes == 7);
  CHECK(from_json<Hello>(R"({"report": 3})").error().text().find("report") != std::string::npos);
}

TEST_CASE("maps and lists of bool") {
  SecondMetadata metadata;
  metadata.types["regular"] = {.files = 3, .bytes = UINT64_MAX};
  CHECK(from_json<SecondMetadata>(to_json(metadata)).value().types.at("regular").bytes == UINT64_MAX);
  CHECK(to_json(HoldsAnswer{.held = {true, false}}) == "{\"held\":[true,false]}");
  CHECK(from_json<HoldsAnswer>("{\"held\":[true,false]}").value().held == std::vector<bool>{true, false});
}

TEST_CASE("programs one version apart: missing keeps its default, unknown is ignored") {
  const ReportAnswer answer = from_json<ReportAnswer>("{\"master_number\":5,\"colour\":\"blue\"}").value();
  CHECK(answer.master_number == 5);
  CHECK(answer.next_in_milliseconds == 30'000);
}

TEST_CASE("an order that an older agent would take for another one has a format that it refuses") {
  BackupOrder order;
  order.exclude = {"*.tmp"}, order.before = {{.run = "true", .user = ""}};
  CHECK(order_format(order) == 1);
  const auto format_with = [&](auto member, auto value) {
    BackupOrder changed = order;
    changed.*member = value;
    return order_format(changed);
  };
  CHECK(format_with(&BackupOrder::exclude_files, std::vector<std::string>{"/x"}) == 2);
  CHECK(format_with(&BackupOrder::exclude_if_present, std::vector<std::string>{"x"}) == 2);
  CHECK(format_with(&BackupOrder::exclude_caches, true) == 2);
  CHECK(format_with(&BackupOrder::exclude_larger_than, 1) == 2);
  CHECK(format_with(&BackupOrder::one_file_system, true) == 2);
  CHECK(format_with(&BackupOrder::commands, std::vector<CommandSource>{{"db.sql", "pg_dump app", ""}}) == 2);
  CHECK(from_json<BackupOrder>("{\"paths\":[\"/srv\"]}").value().exclude_larger_than == 0);
}

TEST_CASE("a restore that deletes has with it what its snapshot left out, and an agent that would not heed it refuses the order") {
  const BackupOrder backup{.paths = {"/srv"}, .exclude = {"*.tmp"}, .exclude_files = {"/x"}, .exclude_if_present = {".nobackup"}, .exclude_caches = true,
                           .exclude_larger_than = 5, .one_file_system = true};
  SecondMetadata metadata;
  metadata.left_out = left_out_of(backup);
  const LeftOut read = from_json<SecondMetadata>(to_json(metadata)).value().left_out;
  CHECK(read.exclude == backup.exclude);
  CHECK(read.exclude_if_present == backup.exclude_if_present);
  CHECK((read.exclude_caches && read.one_file_system && read.exclude_files && read.exclude_larger_than == 5));
  CHECK(from_json<SecondMetadata>("{}").value().left_out.exclude.empty());
  Order order;
  set_left_out(order, read);
  CHECK((order.format == 1 && order.restore.left_out.exclude.empty()));
  order.restore.delete_extra = true;
  set_left_out(order, left_out_of({}));
  CHECK(order.format == 1);
  set_left_out(order, read);
  CHECK(order.format == 2);
  CHECK(from_json<Order>(to_json(order)).value().restore.left_out.exclude == backup.exclude);
}

TEST_CASE("what is no message is refused with its place") {
  CHECK(from_json<ReportAnswer>("{\"master_number\":\"x\"}").error().text() == "master_number: expected a whole number in its range");
  CHECK(from_json<ReportAnswer>("{\"master_number\":-1}").has_error());
  CHECK(from_json<ReportAnswer>("[]").error().text() == "expected an object");
  CHECK(from_json<ReportAnswer>("{} {}").has_error());
  CHECK(from_json<ReportAnswer>(std::string(100'000, '[')).has_error());
  CHECK(from_json<DaemonReport>("{\"host\":\"zz\"}").error().text() == "host: 'zz' is not hexadecimal (lower case, even length)");
}

TEST_CASE("a name that is no UTF-8 leaves a message readable") {
  RunResult result;
  result.errors.push_back({"partial", "/srv/caf\xe9.log", "'/srv/caf\xe9.log': permission denied\n"});
  result.warnings = {"\xed\xa0\x80", "\xe0\x80\xaf", "\xf5", "gr\xc3\xbc\xc3\x9f"};   // a surrogate, an overlong form, over U+10FFFF; a good one
  const RunResult back = from_json<RunResult>(to_json(result)).value();
  CHECK(back.errors.at(0).path == "/srv/caf\\xe9.log");
  CHECK(back.errors.at(0).text == "'/srv/caf\\xe9.log': permission denied\n");
  CHECK(back.warnings == std::vector<std::string>{"\\xed\\xa0\\x80", "\\xe0\\x80\\xaf", "\\xf5", "gr\xc3\xbc\xc3\x9f"});
}

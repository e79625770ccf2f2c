#include "playbooks/schedule.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Schedule parsed(std::string_view text) { return parse_schedule(text).value(); }

std::string refused(std::string_view text) {
  const Result<Schedule> schedule = parse_schedule(text);
  return schedule ? "nothing" : schedule.error().text();
}

CalendarField one(uint32_t value) { return {{value, value, 0}}; }

}  // namespace

TEST_CASE("a time alone is every day") {
  const Schedule schedule = parsed("02:30");
  CHECK(schedule.text == "02:30");
  CHECK(schedule.weekdays == 0x7f);
  CHECK(schedule.years.empty());
  CHECK(schedule.days.empty());
  CHECK(schedule.hours == one(2));
  CHECK(schedule.minutes == one(30));
  CHECK(schedule.seconds == one(0));
}

TEST_CASE("shorthands") {
  CHECK(parsed("daily").hours == one(0));
  CHECK(parsed("weekly").weekdays == 1);
  CHECK(parsed("Monthly").days == one(1));
  CHECK(parsed("hourly").hours.empty());
  CHECK(parsed("hourly").minutes == one(0));
  CHECK(parsed("minutely").minutes.empty());
  CHECK(parsed("quarterly").months.size() == 4);
  CHECK(parsed("semiannually").months.size() == 2);
  CHECK(parsed("yearly").months == one(1));
  CHECK(parsed("annually UTC").zone == "UTC");
}

TEST_CASE("days of the week") {
  CHECK(parsed("Mon..Fri 02:00").weekdays == 0x1f);
  CHECK(parsed("sat,sunday 02:00").weekdays == 0x60);
  CHECK(parsed("Mon,Wed..Fri").weekdays == 0x1d);
  CHECK(parsed("Tue").hours == one(0));
}

TEST_CASE("dates and times") {
  const Schedule full = parsed("*-*-* 02:00:00");
  CHECK(full.days.empty());
  CHECK(full.hours == one(2));
  const Schedule mixed = parsed("Sun 2027-1..6-01/7 */4,23:15:30 Europe/Vienna");
  CHECK(mixed.years == one(2027));
  CHECK(mixed.months == CalendarField{{1, 6, 1}});
  CHECK(mixed.days == CalendarField{{1, 31, 7}});
  CHECK(mixed.hours == CalendarField{{0, 23, 4}, {23, 23, 0}});
  CHECK(mixed.seconds == one(30));
  CHECK(mixed.zone == "Europe/Vienna");
  CHECK(parsed("12-24").months == one(12));
  CHECK(parsed("*:0/15").minutes == CalendarField{{0, 59, 15}});
  const Schedule last_day = parsed("*-*~01");
  CHECK(last_day.days_from_end);
  CHECK(last_day.days == one(1));
}

TEST_CASE("each kind of fault has its reason") {
  CHECK(refused("") == "it is empty");
  CHECK(refused("25:00") == "the hour '25' is not 0 to 23");
  CHECK(refused("02:60") == "the minute '60' is not 0 to 59");
  CHECK(refused("02:00:61") == "the second '61' is not 0 to 59");
  CHECK(refused("2:x") == "the minute 'x' is not 0 to 59");
  CHECK(refused("*-13-01") == "the month '13' is not 1 to 12");
  CHECK(refused("*-02-30") == "no month has that day");
  CHECK(refused("*-*-0") == "the day '0' is not 1 to 31");
  CHECK(refused("1900-01-01") == "the year '1900' is not 1970 to 2199");
  CHECK(refused("Fri..Mon 02:00") == "the range of days 'Fri..Mon' ends before it begins");
  CHECK(refused("Mon..Foo 02:00") == "'Mon..Foo' is no day of the week");
  CHECK(refused("5..2:00") == "the hour range '5..2' ends before it begins");
  CHECK(refused("*/0:00") == "the step '0' is not 1 to 23");
  CHECK(refused("1:2:3:4") == "'1:2:3:4' is no time");
  CHECK(refused("1-2-3-4") == "'1-2-3-4' is no date");
  CHECK(refused("nightly") == "'nightly' is no day, date, time or zone there");
  CHECK(refused("02:00 Mon") == "'Mon' is no day, date, time or zone there");
  CHECK(refused("UTC") == "'UTC' is no day, date, time or zone there");
  CHECK(refused(std::string(300, '*')) == "it is over 256 characters long");
}

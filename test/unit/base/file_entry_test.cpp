#include "lib/base/file_entry.h"

#include "test/support/catch.h"

#include "lib/base/account_names.h"

using namespace sparekeep;

TEST_CASE("the stored bytes of a sparse file are its data extents") {
  FileEntry entry;
  entry.size = 100;
  CHECK(stored_size(entry) == 100);
  entry.data_extents = {{10, 5}, {20, 7}};
  CHECK(stored_size(entry) == 12);
  entry.data_extents = {{100, 0}};
  CHECK(stored_size(entry) == 0);
  entry.kind = FileKind::directory;
  CHECK(stored_size(entry) == 0);
}

TEST_CASE("extents of others are held to the file's size and to their order") {
  CHECK(valid_extents({}, 0));
  CHECK(valid_extents({{0, 5}, {5, 5}, {10, 0}}, 10));
  CHECK_FALSE(valid_extents({{0, 5}, {4, 2}}, 10));
  CHECK_FALSE(valid_extents({{6, 5}}, 10));
  CHECK_FALSE(valid_extents({{11, 0}}, 10));
  CHECK_FALSE(valid_extents({{5, UINT64_MAX - 2}}, 10));
}

TEST_CASE("an entry looks unchanged by size, times, inode and kind") {
  FileEntry entry;
  entry.size = 1, entry.inode = 2, entry.mtime = {3, 4}, entry.ctime = {5, 6};
  CHECK(looks_unchanged(entry, entry));
  const auto changed = [&](auto change) {
    FileEntry other = entry;
    change(other);
    return !looks_unchanged(other, entry);
  };
  CHECK(changed([](FileEntry& e) { e.size = 9; }));
  CHECK(changed([](FileEntry& e) { e.inode = 9; }));
  CHECK(changed([](FileEntry& e) { e.mtime.nanoseconds = 9; }));
  CHECK(changed([](FileEntry& e) { e.ctime.nanoseconds = 9; }));
  CHECK(changed([](FileEntry& e) { e.kind = FileKind::fifo; }));
}

TEST_CASE("accounts have names and numbers") {
  AccountNames names;
  CHECK(names.user_name(0) == "root");
  CHECK(names.group_name(0) == "root");
  CHECK(names.user_number("root") == 0U);
  CHECK(names.group_number("root") == 0U);
  CHECK(names.user_name(3999999999U).empty());
  CHECK_FALSE(names.user_number("no such user").has_value());
  CHECK_FALSE(names.group_number("no such group").has_value());
}

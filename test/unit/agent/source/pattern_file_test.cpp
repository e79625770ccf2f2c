#include "agent/source/pattern_file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

using Texts = std::vector<std::string>;

struct File {
  TemporaryFolder folder;
  const std::string path = (folder / "excludes").string();
  Result<Texts> read(std::string_view text) const {
    write_durably(path, as_bytes(text)).value();
    return read_patterns(path);
  }
};

}  // namespace

TEST_CASE("a pattern a line, without comments and blanks, as .gitignore is written") {
  const File file;
  CHECK(file.read("").value().empty());
  CHECK(file.read("\n\n# all of it\n   \n").value().empty());
  CHECK(file.read("*.tmp\n#x\n/srv/cache/  \n\\#odd\n!keep\r\n  two\nname\\ \n!\\!x").value() ==
        Texts{"*.tmp", "/srv/cache/", "\\#odd", "!keep", "  two", "name\\ ", "!\\!x"});
  CHECK(file.read("\xef\xbb\xbf*.o\n").value() == Texts{"*.o"});
}

TEST_CASE("a file that is missing, or no file of patterns, is an error that says nothing of what is in it") {
  const File file;
  CHECK(read_patterns(file.path).error().text() == "no such exclude file: '" + file.path + "'; nothing was backed up");
  CHECK(read_patterns(file.path + "/x").error().kind() == ErrorKind::not_found);
  CHECK(read_patterns(file.folder.path().string()).error().text() == "exclude file '" + file.folder.path().string() + "' is no regular file; nothing was backed up");
  REQUIRE(::mkfifo((file.path + ".fifo").c_str(), 0600) == 0);
  CHECK(read_patterns(file.path + ".fifo").error().kind() == ErrorKind::usage);
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (file.path + ".socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(read_patterns(file.path + ".socket").error().text() == "exclude file '" + file.path + ".socket' is no regular file; nothing was backed up");
  ::close(listening);
  CHECK(file.read("a\n\n[secret\n").error().text() ==
        "'" + file.path + "':3: the pattern names nothing, or has '[' without ']' in one name; nothing was backed up");
  CHECK(file.read(std::string(kPatternFileBytesMax + 1, 'a')).error().text().ends_with("is over 1.0 MiB long; nothing was backed up"));
}

// One that is there between a look and an open was opened, and waited for until somebody wrote to it.
TEST_CASE("a FIFO that is put there while the file is read makes nobody wait") {
  const File file;
  const std::string other = file.path + ".fifo";
  write_durably(file.path, as_bytes("*.tmp\n")).value();
  REQUIRE(::mkfifo(other.c_str(), 0600) == 0);
  std::atomic<bool> ended = false, exchanged = true;
  std::thread exchanging([&] {
    while (!ended && exchanged) exchanged = ::renameat2(AT_FDCWD, file.path.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0;
  });
  int read = 0, refused = 0;
  for (int i = 0; i < 20'000 && (read == 0 || refused == 0 || i < 2'000); ++i) ++(read_patterns(file.path) ? read : refused);
  ended = true;
  exchanging.join();
  CHECK(exchanged);
  CHECK(read > 0);
  CHECK(refused > 0);
}

TEST_CASE("a file of patterns that others can write, or exchange, is told") {
  const File file;
  const std::string tail = " others than root and this agent's user can write: they decide what is backed up; chown root and chmod go-w are expected";
  write_durably(file.path, as_bytes("*.tmp\n")).value();
  CHECK_FALSE(pattern_file_warning(file.path));
  CHECK_FALSE(pattern_file_warning(file.path + ".none"));
  REQUIRE(::chmod(file.path.c_str(), 0664) == 0);
  CHECK(pattern_file_warning(file.path) == "exclude file '" + file.path + "'" + tail);
  REQUIRE((::chmod(file.path.c_str(), 0644) == 0 && ::chmod(file.folder.path().c_str(), 0777) == 0));
  CHECK(pattern_file_warning(file.path) == "exclude file '" + file.path + "' lies in a folder that" + tail);
  REQUIRE(::chmod(file.folder.path().c_str(), 01777) == 0);
  CHECK_FALSE(pattern_file_warning(file.path));
}

#include "agent/source/pattern_file.h"

#include <sys/stat.h>

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
  CHECK(file.read("a\n\n[secret\n").error().text() ==
        "'" + file.path + "':3: the pattern names nothing, or has '[' without ']' in one name; nothing was backed up");
  CHECK(file.read(std::string(kPatternFileBytesMax + 1, 'a')).error().kind() == ErrorKind::corrupt);
}

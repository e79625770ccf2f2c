// The two halves of a restore in two processes, here in two threads: what one asks, the other does below the target and nowhere else.
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <thread>

#include "agent/privileged/remote_target.h"
#include "agent/privileged/target_server.h"
#include "agent/restore/beneath.h"
#include "lib/base/files.h"
#include "lib/base/worker_pool.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

class Pair {
 public:
  explicit Pair(bool check_only = false) {
    order_.target = (folder / "target").string();
    order_.check_only = check_only;
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("socketpair", errno);
    target.emplace(Descriptor(ends[0]), system_clock());
    thread_ = std::thread([this, socket = ends[1]] {
      Channel asking{Descriptor(socket), kTargetMessageMax};
      TargetServer server(asking, order_, {}, system_clock());
      last.emplace(server.serve(Deadline(system_clock(), std::chrono::seconds(60)), {}, [this](const RunProgress& progress) { told = progress; }));
    });
  }
  ~Pair() { finish(); }
  void finish() {
    target.reset();                                    // closes: the server ends where it was not told to
    if (thread_.joinable()) thread_.join();
  }
  std::unique_ptr<TargetWriter> open() {
    return open_remote_target(*target, false, [this](std::string_view place, const std::string& text) { warnings.push_back(std::string(place) + ": " + text); }).value();
  }
  std::string path(const std::string& name) const { return order_.target + "/" + name; }

  TemporaryFolder folder;
  std::optional<TargetConnection> target;
  std::optional<Result<PrivilegedAnswer>> last;
  RunProgress told;
  std::vector<std::string> warnings;

 private:
  RestoreOrder order_;
  std::thread thread_;
};

FileEntry regular(uint64_t size) {
  FileEntry entry;
  entry.mode = 0640, entry.size = size, entry.uid = ::geteuid(), entry.gid = ::getegid(), entry.mtime = {1'600'000'000, 7};
  entry.attributes["user.note"] = {1, 2, 3};
  return entry;
}

// A link at "link" that leads out of the target.
FileEntry put_link_out(const Pair& pair, TargetWriter& writer) {
  FileEntry link;
  link.kind = FileKind::symlink, link.link_target = pair.folder.path().string();
  writer.make_special("link", link).value();
  return link;
}

}  // namespace

TEST_CASE("a file is written through a descriptor, and named by the other side with its metadata") {
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  CHECK(writer->metadata().owner == (::geteuid() == 0));
  REQUIRE(writer->make_folder("a/b"));
  {
    PendingFile file = writer->begin_file("a/b/file", regular(5)).value();
    REQUIRE(file.write(0, as_bytes("hello")));
    CHECK_FALSE(std::filesystem::exists(pair.path("a/b/file")));
    REQUIRE(file.commit());
  }
  CHECK(read_text(pair.path("a/b/file"), 10).value() == "hello");
  const FileEntry standing = writer->current("a/b/file").value().value();
  CHECK(standing.mode == 0640);
  CHECK(standing.size == 5);
  CHECK(standing.mtime == FileTime{1'600'000'000, 7});
  CHECK(standing.attributes == regular(5).attributes);
  CHECK(as_text(read_range(writer->open_content("a/b/file").value().get(), 1, 3).value()) == "ell");
  REQUIRE(writer->make_hard_link("a/other", "a/b/file"));
  CHECK(writer->same_file("a/other", "a/b/file").value());
  CHECK(writer->list("a").value() == std::vector<std::string>{"b", "other"});
  REQUIRE(writer->remove("a/b"));
  CHECK_FALSE(writer->current("a/b/file").value().has_value());
  CHECK(writer->sync());
  CHECK(pair.warnings == std::vector<std::string>());
}

TEST_CASE("what is bound from elsewhere is told as mounted, and not removed") {
  const TemporaryFolder shown;
  write_durably(shown / "file", as_bytes("x")).value();
  const bool may_mount = ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;   // before there is another thread
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  REQUIRE(writer->make_folder("a/mounted"));
  CHECK_FALSE(writer->is_mounted("a/mounted").value());
  CHECK(writer->is_mounted("a/none").error().kind() == ErrorKind::not_found);
  CHECK(writer->is_mounted("../target").error().kind() == ErrorKind::denied);
  if (!may_mount || ::mount(shown.path().c_str(), pair.path("a/mounted").c_str(), nullptr, MS_BIND, nullptr) != 0) {
    WARN("skipped: nothing can be mounted here");
    return;
  }
  CHECK(writer->is_mounted("a/mounted").value());
  CHECK(writer->remove("a").error().kind() == ErrorKind::exists);
  CHECK(std::filesystem::exists(shown / "file"));
  CHECK(::umount2(pair.path("a/mounted").c_str(), MNT_DETACH) == 0);
}

TEST_CASE("a file that is not committed leaves nothing, and neither does a process that goes") {
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  { const PendingFile dropped = writer->begin_file("file", regular(5)).value(); }
  CHECK(writer->list("").value() == std::vector<std::string>());
  std::optional<PendingFile> left(writer->begin_file("file", regular(5)).value());
  CHECK(writer->list("").value().size() == 1);
  static_cast<void>(pair.target->ask({.step = TargetStep::open}));     // an answer more, so that the file's own question cannot be lost
  pair.last.reset();
  left.reset();
  pair.finish();
  CHECK(std::filesystem::is_empty(pair.path("")));
  CHECK(pair.last->error().kind() == ErrorKind::closed);
}

TEST_CASE("small files go with their contents, each with its own outcome") {
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  REQUIRE(writer->make_folder("folder"));
  std::vector<std::string> places{"folder", "../out"};
  for (int i = 0; i < 600; ++i) places.push_back("folder/" + std::to_string(i));
  const FileEntry entry = regular(5);
  REQUIRE(writer->takes_whole(entry));
  CHECK_FALSE(writer->takes_whole(regular(kContentBytesMax + 1)));
  std::vector<WholeFile> files;
  for (const std::string& place : places) files.push_back({place, &entry, as_bytes("hello")});
  const std::vector<Result<void>> written = writer->write_wholes(files);
  REQUIRE(written.size() == places.size());
  CHECK(written[0].error().kind() == ErrorKind::exists);
  CHECK(written[1].error().kind() == ErrorKind::denied);
  for (size_t i = 2; i < places.size(); ++i) {
    REQUIRE(written[i]);
    REQUIRE(read_text(pair.path(places[i]), 10).value() == "hello");
  }
  CHECK(writer->current("folder/599").value()->attributes == entry.attributes);
}

TEST_CASE("many threads ask at once: each gets its own answer and its own descriptor") {
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  parallel_for(200, 4, [&](size_t i) {
    const std::string place = std::to_string(i);
    const FileEntry entry = regular(place.size());
    PendingFile file = writer->begin_file(place, entry).value();
    file.write(0, as_bytes(place)).value();
    const std::string name = "small" + place;
    const std::vector<Result<void>> written = writer->write_wholes(std::vector<WholeFile>{{name, &entry, as_bytes(place)}});
    file.commit().value();
    written[0].value();
    if (as_text(read_range(writer->open_content(place).value().get(), 0, place.size()).value()) != place) throw Error(ErrorKind::corrupt, place);
    if (read_text(pair.path(place), 10).value() != place || read_text(pair.path(name), 10).value() != place) throw Error(ErrorKind::corrupt, place);
  });
  CHECK(writer->list("").value().size() == 400);
}

// Failures bring no descriptor, and long answers come in parts: those of others must not be taken for theirs.
TEST_CASE("between questions that fail and answers that are long, each file still gets its own descriptor") {
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  put_link_out(pair, *writer);
  REQUIRE(writer->make_folder("many"));
  for (int i = 0; i < 600; ++i) REQUIRE(write_durably(pair.path("many/" + std::string(200, 'n') + std::to_string(i)), ByteSpan()));
  parallel_for(400, 4, [&](size_t i) {
    if (i % 4 == 1 && writer->begin_file("link/out", regular(0))) throw Error(ErrorKind::failed, "it was not refused");
    if (i % 4 == 2 && writer->list("many").value().size() != 600) throw Error(ErrorKind::failed, "not all names");
    const std::string place = std::to_string(i);
    PendingFile file = writer->begin_file(place, regular(place.size())).value();
    file.write(0, as_bytes(place)).value();
    file.commit().value();
    if (read_text(pair.path(place), 10).value() != place) throw Error(ErrorKind::corrupt, place);
  });
}

TEST_CASE("nothing is done outside the target, whatever is asked") {
  Pair pair;
  const std::unique_ptr<TargetWriter> writer = pair.open();
  const FileEntry link = put_link_out(pair, *writer);
  for (const std::string place : {"../out", "/out", "a/../../out", "link/out", ""}) {
    CHECK(writer->begin_file(place, regular(0)).has_error());
    CHECK(writer->make_special(place, link).has_error());
  }
  CHECK(writer->begin_file("link/out", regular(0)).error().text() == std::string("'link'") + kNotThroughIt);
  CHECK(writer->make_folder("../out").error().text() == "'../out' is not a path below the target");
  CHECK(writer->make_hard_link("in", "../../etc/passwd").has_error());
  CHECK(writer->open_content("../../etc/passwd").has_error());
  CHECK(pair.target->ask({.step = TargetStep::commit_file, .number = 99}).error().text() == "no file of this number is being written");
  CHECK(list_folder(pair.folder.path()).value() == std::vector<std::string>{"target"});
}

TEST_CASE("an order to look only makes no target, and writes to none") {
  Pair pair(true);
  CHECK(pair.open() == nullptr);
  CHECK(pair.target->ask({.step = TargetStep::make_folder, .place = "a"}).error().text() == "the target is not open");
  CHECK(list_folder(pair.folder.path()).value().empty());
  Pair other(true);
  make_folders(other.path("")).value();
  const std::unique_ptr<TargetWriter> writer = other.open();
  CHECK(writer->make_folder("a").error().text() == "the order is to look only");
  CHECK(writer->begin_file("a", regular(0)).error().text() == "the order is to look only");
  const FileEntry entry = regular(0);
  CHECK(writer->write_wholes(std::vector<WholeFile>{{"a", &entry, {}}})[0].error().text() == "the order is to look only");
  CHECK(writer->list("").value().empty());
}

TEST_CASE("progress and the last word pass through") {
  Pair pair;
  static_cast<void>(pair.open());
  RunProgress progress;
  progress.phase = "restore", progress.files = 7;
  pair.target->progress(progress);
  CHECK(pair.told.files == 7);
  PrivilegedAnswer answer;
  answer.state = "result", answer.result.files = 9;
  pair.target->end(answer);
  pair.finish();
  CHECK(pair.last->value().result.files == 9);
}

TEST_CASE("a question or answer that is cut anywhere, or goes on, is corrupt") {
  const std::string question = write_question({.step = TargetStep::begin_file, .place = "a/b", .entry = regular(3)});
  const TargetQuestion back = read_question(question).value();
  CHECK(back.place == "a/b");
  CHECK(back.entry.attributes == regular(3).attributes);
  for (size_t i = 0; i < question.size(); ++i) CHECK(read_question(question.substr(0, i)).error().kind() == ErrorKind::corrupt);
  CHECK(read_question(question + "x").has_error());
  const Bytes content = {7, 8};
  const std::string sent = write_question({.step = TargetStep::write_files, .files = {{"a", regular(2), content}, {"b", regular(0), {}}}});
  const TargetQuestion files = read_question(sent).value();
  REQUIRE(files.files.size() == 2);
  CHECK(Bytes(files.files[0].content.begin(), files.files[0].content.end()) == content);
  for (size_t i = 0; i < sent.size(); ++i) CHECK(read_question(sent.substr(0, i)).error().kind() == ErrorKind::corrupt);
  CHECK(read_question(std::string(1, '\0') + question.substr(1)).has_error());
  TargetAnswer answer;
  answer.names = {"a", "b"}, answer.warnings = {{"a", "no"}}, answer.entry = regular(1);
  answer.outcomes = {Result<void>(), Error(ErrorKind::exists, "there")};
  const std::string text = write_answer(answer);
  CHECK(read_answer(text).value().names == answer.names);
  CHECK(read_answer(text).value().outcomes[1].error().text() == "there");
  for (size_t i = 0; i < text.size(); ++i) CHECK(read_answer(text.substr(0, i)).has_error());
}

#include "installer/commands/junit_report.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/cli/console.h"
#include "lib/cli/junit.h"

namespace sparekeep::central {

namespace {

bool is_special(const Path& file) {
  std::error_code unknown;
  return std::filesystem::exists(file, unknown) && !std::filesystem::is_regular_file(file, unknown);
}

// Where the report goes: a link's target, so that the link stays. Refused at once rather than after hours of work.
Path checked_file(const std::string& given) {
  std::error_code unknown;
  if (std::filesystem::is_directory(given)) throw Error(ErrorKind::usage, "--junit is " + in_quotes(given) + ", a folder; a file is expected");
  if (is_special(given)) return std::filesystem::absolute(given);
  Path file = std::filesystem::weakly_canonical(std::filesystem::absolute(given), unknown);
  const Path folder = file.parent_path();
  if (!std::filesystem::is_directory(folder) || ::access(folder.c_str(), W_OK) != 0)
    throw Error(ErrorKind::usage, "--junit is " + in_quotes(given) + "; a file in a folder that is there and can be written is expected");
  return file;
}

// A device or a pipe is written to; a file is replaced as a whole.
Result<void> put(const Path& file, ByteSpan text) {
  if (!is_special(file)) return write_durably(file, text);
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return out ? write_all(out.get(), text) : system_error("writing " + in_quotes(file.native()), errno);
}

}  // namespace

Option junit_option() {
  return {.name = "junit", .taking = Taking::value, .value_name = "FILE", .documentation = "write what was done as JUnit XML: a test case for each task of a host",
          .meaning = Meaning::file};
}

JunitReport::JunitReport(const CommandContext& context, const HostTasks& tasks, std::string command)
    : context_(context), tasks_(tasks), command_(std::move(command)), began_(system_clock().now()), boot_began_(system_clock().boot_time()) {
  if (const std::optional<std::string> file = context.arguments.value("junit")) file_ = checked_file(*file);
}

Result<void> JunitReport::write(const std::string& fault) const {
  if (file_.empty()) return {};
  const double seconds = std::chrono::duration<double>(system_clock().boot_time() - boot_began_).count();
  const std::string text = junit_text({.name = "sparekeep " + command_, .began = began_, .seconds = seconds, .cases = tasks_.records(), .fault = fault});
  return during("writing the report", put(file_, as_bytes(text)));
}

Outcome JunitReport::around(const std::function<Outcome()>& work) const {
  Outcome outcome;
  try {
    outcome = work();
  } catch (const Error& error) {
    if (const Result<void> written = write(error.text()); !written) context_.console.warn(written.error().text());
    throw;
  }
  write("").value();
  return outcome;
}

void JunitReport::interrupted() const {
  if (const Result<void> written = write("interrupted"); !written) context_.console.warn(written.error().text());
}

}  // namespace sparekeep::central

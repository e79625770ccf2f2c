#include "installer/central/recovery_file.h"

#include "installer/central/key_text.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kFormat = "sparekeep recovery 1";
constexpr size_t kKeySize = 32;

}  // namespace

RecoveryKeys make_recovery_keys(Random& random, Time now) {
  return {.root = SigningKey::make(random), .recovery = OpeningKey::make(random), .created = now};
}

Secret write_recovery_text(const RecoveryKeys& keys) {
  KeyTextWriter writer;
  writer.comment("Sparekeep's recovery file. Whoever has it can open every vault of this fleet and can replace its central.");
  writer.comment("Keep it offline, in two places, and nowhere on the central or on a host.");
  writer.text("format", kFormat);
  writer.secret("root", keys.root.seed());
  writer.secret("recovery", keys.recovery.scalar());
  writer.text("created", to_rfc3339(keys.created));
  return writer.take();
}

Result<RecoveryKeys> read_recovery_text(std::string_view text) {
  const Result<KeyText> parsed = during("recovery file", KeyText::parse(as_bytes(text)));
  if (!parsed) return parsed.error();
  const Result<std::string> format = during("recovery file", parsed->text("format"));
  if (!format) return format.error();
  if (*format != kFormat) {
    return Error(ErrorKind::unsupported, "recovery file: format " + in_quotes(*format) + "; expected " + in_quotes(kFormat));
  }
  Result<Secret> root = during("recovery file", parsed->secret("root", kKeySize));
  if (!root) return root.error();
  Result<Secret> recovery = during("recovery file", parsed->secret("recovery", kKeySize));
  if (!recovery) return recovery.error();
  const Result<std::string> created = during("recovery file", parsed->text("created"));
  if (!created) return created.error();
  const Result<Time> time = during("recovery file: created", from_rfc3339(*created));
  if (!time) return time.error();
  return RecoveryKeys{.root = SigningKey(std::move(*root)), .recovery = OpeningKey(std::move(*recovery)), .created = *time};
}

Result<RecoveryKeys> read_recovery_file(const Path& file) {
  Result<Bytes> bytes = read_file(file, kRecoveryFileMax);
  if (!bytes) return bytes.error();
  const Secret text(std::move(*bytes));
  return during(in_quotes(file.string()), read_recovery_text(as_text(text.reveal())));
}

Result<void> write_recovery_file(const Path& file, const RecoveryKeys& keys) {
  const Secret text = write_recovery_text(keys);
  return write_durably(file, text.reveal(), {.mode = 0600, .replace = false});
}

}  // namespace sparekeep::central

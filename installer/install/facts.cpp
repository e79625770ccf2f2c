#include "installer/install/facts.h"

#include <charconv>

#include "installer/host/shell_text.h"
#include "lib/base/hex.h"
#include "lib/base/text.h"
#include "lib/config/toml.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kScript = R"sh(set -eu
export LC_ALL=C
echo "uid $(id -u)"
[ ! -r /etc/machine-id ] || echo "machine $(sha256sum < /etc/machine-id | cut -c1-32)"
near=$ROOT/; while [ ! -d "$near" ]; do near=$(dirname "$near"); done
echo "free $(df -k --output=avail "$near" | tail -n 1 | tr -d ' ')"
if [ -d "$ROOT/" ]; then
  DECLARED=$ROOT
  ROOT=$(cd "$DECLARED/" && pwd -P)
  ROOT=${ROOT%/}
  [ -n "$ROOT" ] || [ -z "$DECLARED" ] || { echo "the root '$DECLARED' is this machine's own '/'; name a folder below it" >&2; exit 1; }
  for path in $FILES; do
    [ ! -f "$ROOT$path" ] || echo "file $path $(stat -c '%a %.9Y' "$ROOT$path") $(sha256sum < "$ROOT$path" | cut -c1-64)"
  done
  for path in $TEXTS; do
    [ ! -r "$ROOT$path" ] || echo "text $path $(base64 -w0 < "$ROOT$path")"
  done
  [ ! -f "$ROOT$STORAGE/.sparekeep-storage" ] || echo "marker"
  [ ! -f "$ROOT/var/lib/sparekeep/daemon/index.db" ] || echo "stored"
  for name in sparekeepd sparekeep-agent; do
    [ -s "$ROOT/run/$name.pid" ] || continue
    pid=$(cat "$ROOT/run/$name.pid") || continue
    case $(readlink "/proc/$pid/exe" || true) in
      "$ROOT/usr/lib/sparekeep/$name") state=current ;;
      "$ROOT/usr/lib/sparekeep/$name (deleted)") state=replaced ;;
      *) continue ;;
    esac
    echo "process $name $pid $(stat -c %.9Y "$ROOT/run/$name.pid") $state"
  done
fi
echo end
)sh";

std::string words(const std::vector<std::string>& paths) { return joined(paths, " "); }

template <typename Number>
std::optional<Number> number_from(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "1763851234.123456789" in nanoseconds.
std::optional<int64_t> moment_from(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() - dot != 10) return std::nullopt;
  const std::optional<int64_t> seconds = number_from<int64_t>(text.substr(0, dot));
  const std::optional<int64_t> rest = number_from<int64_t>(text.substr(dot + 1));
  if (!seconds || !rest || *seconds > INT64_MAX / 1'000'000'001) return std::nullopt;
  return *seconds * 1'000'000'000 + *rest;
}

bool take_file(HostFacts& facts, const std::vector<std::string>& words) {
  const std::optional<unsigned> mode = number_from<unsigned>(words[2], 8);
  const std::optional<int64_t> changed = moment_from(words[3]);
  const Result<Digest> digest = Digest::parse(words[4]);
  if (!mode || !changed || !digest) return false;
  facts.files[words[1]] = {*mode, *changed, *digest};
  return true;
}

bool take_process(HostFacts& facts, const std::vector<std::string>& words) {
  const std::optional<int64_t> pid = number_from<int64_t>(words[2]);
  const std::optional<int64_t> since = moment_from(words[3]);
  if (!pid || !since) return false;
  facts.processes[words[1]] = {*pid, *since, words[4] == "replaced"};
  return true;
}

bool take_text(HostFacts& facts, const std::vector<std::string>& words) {
  const Result<Bytes> bytes = from_base64(words[2]);
  if (bytes) facts.texts[words[1]] = as_text(*bytes);
  return bytes.has_value();
}

bool take_number(HostFacts& facts, const std::vector<std::string>& words) {
  const std::optional<uint64_t> number = number_from<uint64_t>(words[1]);
  if (!number) return false;
  if (words[0] == "uid") facts.uid = static_cast<unsigned>(*number);
  else facts.free_bytes = *number * 1024;
  return true;
}

bool take_machine(HostFacts& facts, const std::vector<std::string>& words) {
  const Result<MachineId> id = MachineId::parse(words[1]);
  if (id) facts.machine = *id;
  return id.has_value();
}

bool take_line(HostFacts& facts, const std::vector<std::string>& words) {
  const std::string& kind = words[0];
  if (kind == "file" && words.size() == 5) return take_file(facts, words);
  if (kind == "process" && words.size() == 5) return take_process(facts, words);
  if (kind == "text" && words.size() == 3) return take_text(facts, words);
  if ((kind == "uid" || kind == "free") && words.size() == 2) return take_number(facts, words);
  if (kind == "machine" && words.size() == 2) return take_machine(facts, words);
  if (kind == "marker") facts.has_marker = true;
  else if (kind == "stored") facts.has_stored = true;
  else return false;
  return true;
}

}  // namespace

std::string facts_script(const Host& host) {
  std::vector<std::string> files{program_file(kSharedLibrary), std::string(kDelegationFile), std::string(kHostIdFile)};
  std::vector<std::string> texts{std::string(kHostIdFile)};
  for (const Service& service : {kDaemonService, kAgentService}) {
    for (const std::string& path : {program_file(service.program), std::string(service.settings), certificate_file(service)}) files.push_back(path);
    for (const std::string& path : {std::string(service.settings), certificate_file(service)}) texts.push_back(path);
  }
  return "ROOT=" + shell_quoted(host.root) + "\nROOT=${ROOT%/}\nSTORAGE=" + shell_quoted(host.storage.path) + "\nFILES='" + words(files) +
         "'\nTEXTS='" + words(texts) + "'\n" + std::string(kScript);
}

Result<HostFacts> parse_facts(std::string_view document) {
  HostFacts facts;
  for (const std::string& line : split_text(document, '\n')) {
    if (line == "end") return facts;
    if (line.empty()) continue;
    if (!take_line(facts, split_text(line, ' '))) return Error(ErrorKind::corrupt, "no fact about a host: " + in_quotes(line));
  }
  return Error(ErrorKind::corrupt, "the facts about a host do not end with 'end'");
}

std::optional<HostId> HostFacts::host_id() const {
  const auto found = texts.find(std::string(kHostIdFile));
  if (found == texts.end()) return std::nullopt;
  const Result<HostId> id = HostId::parse(found->second.substr(0, found->second.find('\n')));
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<uint16_t> HostFacts::daemon_port() const {
  const auto found = texts.find(std::string(kDaemonService.settings));
  if (found == texts.end()) return std::nullopt;
  const Result<ConfigTable> table = parse_toml(found->second, kDaemonService.settings);
  const ConfigValue* listen = table ? table->find("listen") : nullptr;
  const ConfigValue* port = listen && listen->table() ? listen->table()->find("port") : nullptr;
  if (!port || !port->integer() || *port->integer() < 1 || *port->integer() > UINT16_MAX) return std::nullopt;
  return static_cast<uint16_t>(*port->integer());
}

}  // namespace sparekeep::central

#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/jobs/file_time_text.h"
#include "installer/jobs/known_snapshots.h"
#include "installer/jobs/late_results.h"
#include "installer/jobs/record_uptake.h"
#include "installer/jobs/readers.h"
#include "installer/jobs/snapshot_name.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"
#include "lib/fetch/snapshot_reader.h"

namespace sparekeep::central {

namespace {

char letter_of(FileKind kind) {
  switch (kind) {
    case FileKind::regular: return '-';
    case FileKind::directory: return 'd';
    case FileKind::symlink: return 'l';
    case FileKind::fifo: return 'p';
    case FileKind::socket: return 's';
    case FileKind::character_device: return 'c';
    case FileKind::block_device: return 'b';
  }
  return '?';
}

std::string mode_text(const FileEntry& file) {
  constexpr std::string_view letters = "rwxrwxrwx";
  constexpr uint32_t top = 0400, setuid = 04000, setgid = 02000, sticky = 01000;
  std::string text(1, letter_of(file.kind));
  for (size_t i = 0; i < letters.size(); ++i) text += (file.mode & (top >> i)) ? letters[i] : '-';
  if (file.mode & setuid) text[3] = text[3] == 'x' ? 's' : 'S';
  if (file.mode & setgid) text[6] = text[6] == 'x' ? 's' : 'S';
  if (file.mode & sticky) text[9] = text[9] == 'x' ? 't' : 'T';
  return text;
}

std::string owner_text(const std::string& name, uint32_t number) { return name.empty() ? std::to_string(number) : name; }

JsonText entry_json(const FileEntry& file) {
  JsonObject json;
  json.set("path", file.path).set("type", to_text(file.kind)).set("mode", file.mode).set("size", file.size);
  json.set("user", file.user).set("group", file.group).set("uid", file.uid).set("gid", file.gid);
  json.set("mtime", rfc3339_text(file.mtime));
  json.set("link_target", file.link_target.empty() ? JsonText() : JsonText(file.link_target));
  json.set("hard_link", file.hard_link.empty() ? JsonText() : JsonText(file.hard_link));
  return json;
}

std::string entry_line(const FileEntry& file) {
  const std::string owner = owner_text(file.user, file.uid) + ":" + owner_text(file.group, file.gid);
  std::string size = format_size(file.size);
  constexpr size_t owner_width = 17, size_width = 10;
  std::string line = mode_text(file) + "  " + printable(owner) + std::string(owner_width - std::min(owner_width, owner.size()), ' ');
  line += std::string(size_width - std::min(size_width, size.size()), ' ') + size + "  " + local_text(file.mtime) + "  " + printable(file.path);
  if (!file.link_target.empty()) line += " -> " + printable(file.link_target);
  if (!file.hard_link.empty()) line += " = " + printable(file.hard_link);
  return line;
}

// Every entry at or below `path` (all where it is empty), as it is read: a snapshot may hold millions.
size_t print_entries(Console& console, SnapshotReader& reader, const std::string& path) {
  ManifestReader manifest = reader.manifest();
  if (!path.empty()) manifest.seek(path);
  size_t count = 0;
  for (;;) {
    const std::optional<ManifestEntry> entry = manifest.next().value();
    if (!entry || (!path.empty() && !path_is_within(entry->file.path, path))) return count;
    if (console.json()) console.print_raw((count > 0 ? ",\n" : "") + entry_json(entry->file).text());
    else console.print(entry_line(entry->file));
    ++count;
  }
}

Outcome run(CommandContext& context) {
  const std::vector<std::string>& positionals = context.arguments.positionals();
  SnapshotPath wanted = split_snapshot_path(positionals.at(0));
  if (positionals.size() > 1) wanted.path = split_snapshot_path(wanted.snapshot + ":" + positionals[1]).path;
  RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
  hear_late_results(central, system_clock());
  take_up_records(central);
  check_snapshots_known(central);
  Catalogue& catalogue = central.catalogue();
  const SnapshotEntry snapshot = resolve_snapshot(catalogue, wanted.snapshot);
  const MetadataKeys keys = central.open_metadata_keys(snapshot.vault, "admin", "ls of snapshot " + in_quotes(snapshot.id.hex())).value();
  CentralStores stores(central, system_clock());
  AskingLocator locator(stores.systems(), system_clock());
  Findings findings;
  const FetchContext reading{snapshot.vault, signer_of(catalogue, snapshot.vault), stores.systems(), locator, findings, system_clock(), {}};
  SnapshotReader reader = SnapshotReader::open(reading, record_of(catalogue, snapshot).value(), keys, nullptr).value();
  if (context.console.json()) context.console.print_raw("[");
  const size_t count = print_entries(context.console, reader, wanted.path == "/" ? "" : wanted.path);
  if (context.console.json()) context.console.print_raw("]\n");
  if (count == 0 && !wanted.path.empty())
    throw Error(ErrorKind::failed, "snapshot " + in_quotes(wanted.snapshot) + " has no " + in_quotes(wanted.path) + "; sparekeep ls " +
                                       wanted.snapshot + " lists it all");
  return {};
}

}  // namespace

Command ls_command() {
  return {.name = "ls",
          .group = "Snapshots",
          .summary = "list what a snapshot holds, at or below a path",
          .positionals = {{.name = "SNAPSHOT", .at_least = 1, .at_most = 1}, {.name = "PATH", .at_least = 0, .at_most = 1}},
          .example = "  sparekeep ls web-content/web1@latest /srv/www",
          .run = run,
          .manual = "Reads metadata alone; the use of the escrow key is in the audit log."};
}

}  // namespace sparekeep::central

#include "playbooks/playbook.h"

#include <map>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/config/limits.h"
#include "lib/config/toml.h"
#include "playbooks/job_keys.h"

namespace sparekeep {

namespace {

struct Document {
  std::string name;
  ConfigTable defaults;
  ConfigArray backups, restores;
};

struct Defaults {
  ConfigTable backup, restore;
};

ValueType<ConfigTable> section() {
  return {"a table",
          [](const ConfigValue& value, std::string_view what) {
            if (!value.table()) throw wrong_value(value, what, "a table");
            return *value.table();
          },
          {}};
}

ValueType<ConfigArray> sections(const std::string& heading) {
  return {heading,
          [heading](const ConfigValue& value, std::string_view what) {
            if (!value.array()) throw wrong_value(value, what, heading);
            for (const ConfigValue& item : *value.array())
              if (!item.table()) throw wrong_value(item, "an item of " + std::string(what), heading);
            return *value.array();
          },
          {}};
}

KeyTable<Document> document_keys() {
  return {"a playbook",
          {
              key("name", &Document::name, job_name(), {"", "", true}),
              key("defaults", &Document::defaults, section(), {}),
              key("backup", &Document::backups, sections("[[backup]]"), {}),
              key("restore", &Document::restores, sections("[[restore]]"), {}),
          }};
}

// A key of the job replaces that of the defaults as a whole: `copies` does not join `data` and `parity`.
ConfigTable over_defaults(const ConfigTable& defaults, const ConfigTable& own) {
  ConfigTable merged = defaults;
  merged.at = own.at;
  for (const ConfigEntry& entry : own.entries()) merged.set(entry.key, entry.key_at, entry.value);
  return merged;
}

// Defaults by themselves, with what a whole job must have besides, so that faults in them are found where no job shows them.
template <typename Job>
void check_defaults(const KeyTable<Job>& keys, const ConfigTable& defaults) {
  if (const ConfigValue* name = defaults.find("name")) throw refusal(name->at, "'name' in defaults", "a name in each job is expected");
  Job unused;
  keys.read_given(unused, defaults);
}

class NameCheck {
 public:
  void take(const std::string& name, const Position& at) {
    const auto [other, is_first] = taken_.emplace(name, at);
    if (!is_first)
      throw refusal(at, "job " + in_quotes(name) + " is there already, at " + other->second.text(),
                    "a name of its own is expected for each job");
  }

 private:
  std::map<std::string, Position> taken_;
};

void check_sources(const BackupJob& job, const ConfigTable& table) {
  if (job.paths.empty() && job.commands.empty()) throw refusal(table.at, "a backup without 'paths'", "a list of absolute paths, or 'commands', is expected");
}
void check_sources(const RestoreJob&, const ConfigTable&) {}

template <typename Declared, typename Job>
std::vector<Declared> read_jobs(const KeyTable<Job>& keys, const ConfigTable& defaults, const ConfigArray& items, NameCheck& names) {
  check_defaults(keys, defaults);
  std::vector<Declared> declared;
  for (const ConfigValue& item : items) {
    ConfigTable table = over_defaults(defaults, *item.table());
    Job job = keys.read(table);
    job.at = item.at;
    check_sources(job, table);
    names.take(job.name, table.find("name")->at);
    declared.push_back({std::move(job), std::move(table)});
  }
  return declared;
}

}  // namespace

Playbook parse_playbook(std::string_view text, std::string_view file) {
  const Document document = document_keys().read(parse_toml(text, file).value());
  const KeyTable<Defaults> defaults_keys{
      "'defaults'", {key("backup", &Defaults::backup, section(), {}), key("restore", &Defaults::restore, section(), {})}};
  const Defaults defaults = defaults_keys.read(document.defaults);
  NameCheck names;
  Playbook playbook{document.name, std::string(file), std::string(text), {}, {}};
  playbook.backups = read_jobs<DeclaredBackup>(backup_keys(), defaults.backup, document.backups, names);
  playbook.restores = read_jobs<DeclaredRestore>(restore_keys(), defaults.restore, document.restores, names);
  return playbook;
}

Playbook read_playbook(const std::filesystem::path& file) {
  const Result<std::string> text = read_text(file, kConfigBytesMax);
  if (!text) throw Error(ErrorKind::usage, text.error().text()).during("reading the playbook");
  return parse_playbook(*text, file.string());
}

}  // namespace sparekeep

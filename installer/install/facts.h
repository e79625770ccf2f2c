// What a host looks like before anything is changed: one script, one document, one line a fact. Reading changes
// nothing; programs that run may be told meanwhile that a central is there (FactsWish::wake).
#pragma once

#include <map>
#include <optional>
#include <set>

#include "installer/install/layout.h"
#include "inventory/master/master_file.h"

namespace sparekeep::central {

struct FileFact {
  char type = 'f';                               // as find says: f, d, l
  unsigned mode = 0;                             // permission bits
  std::string owner = {};                        // "user:group"
  std::optional<unsigned> uid = {};              // of that user
  int64_t changed_nanoseconds = 0;               // mtime
  Digest digest = {};                            // SHA-256 of a file's content
  std::string stamp = {};                        // of a program: as long as it is the same, so is the content; none: the host does not say
  std::string target = {};                       // of a link
};

struct ProcessFact {                             // of a serving program that is really ours
  int64_t pid = 0;
  int64_t since_nanoseconds = 0;                 // when it began to serve
  bool replaced = false;                         // its program file was replaced after its start
  bool stopped = false;                          // by SIGSTOP or a debugger
};

struct DropIn {                                  // a file beside a unit's that sets what install relies on
  std::string file, setting;                     // "ExecStart"
};

struct UnitFact {
  std::string state;                             // "active", "failed", ...
  int64_t pid = 0;
  bool stale = false;                            // systemd has not read the file that stands there now
  std::vector<DropIn> drop_ins = {};             // that it has read
  std::string load = {};                         // "loaded", "not-found", "error", ...
};

struct UserFact {                                // that install makes
  unsigned uid = 0, gid = 0;
  std::string home = {}, shell = {};
  std::vector<std::string> groups = {};          // the primary one first; empty: the host does not say
  bool has_password = false;                     // it is not locked
};

struct PortTaker {                               // who listens where its daemon is to, and is none of ours
  int64_t pid = 0;                               // 0: the host does not say
  std::string program = {};
};

struct HostFacts {
  std::string told_by = {};                      // the program that stands where one of the release is to, and told all of this; empty: the script did
  unsigned uid = 0;
  MachineId machine = {};                        // zero: the machine has no id
  std::string architecture = {};                 // as uname says
  std::string glibc = {};                        // "2.36"; empty: another C library
  std::string init = {};                         // what runs as process 1
  Time now = {};                                 // by the host's clock
  std::map<std::string, uint64_t> free_bytes = {};   // by folder: programs, settings, state
  std::map<std::string, uint64_t> free_inodes = {};  // the same, where their number is fixed
  std::optional<PortTaker> port_taker = {};
  std::set<std::string> fixed = {};              // files and folders that root itself cannot change
  std::set<std::string> read_only = {};          // folders (or the nearest above) that nobody can write to
  std::string noexec = {};                       // a folder for programs from which none can be run
  bool has_marker = false;                       // of the storage folder
  std::string marker = {};                       // whose the folder is, as it says: the id of a host
  bool has_stored = false;                       // a daemon served here before
  bool has_strangers = false;                    // the storage folder has no marker and holds files
  std::map<std::string, UserFact> users = {};    // of ours that are there
  RecipientKey recipient{};                      // that its agent's private key fits; zero: it does not say
  std::set<std::string> lost_keys = {};          // private keys that are missing or empty
  std::set<std::string> leftovers = {};          // files that a run had written and not named when it was broken off
  std::map<std::string, FileFact> files = {};        // by path below the root; folders and links, too
  std::map<std::string, std::string> texts = {};     // contents of the small ones
  std::map<std::string, ProcessFact> processes = {}; // by program
  std::string hello = {};                        // what its daemon said when the host greeted it (FactsWish::hello); empty: nothing
  std::map<std::string, UnitFact> units = {};        // that systemd knows

  std::optional<HostId> host_id() const;
  std::string current_release() const;           // "": there is none
  std::string previous_release() const;
  std::optional<uint16_t> daemon_port() const;   // as daemon.toml says
  std::string storage_path() const;              // as daemon.toml says, "": it says none
  std::string root_key() const;                  // whose orders its programs take, as their settings say; "": none are there
};

enum class FactsTeller {
  any,                                           // a program of the release that lies there, else the script
  program,                                       // the program alone: what comes is no document where it does not tell
  script,                                        // it alone: what stands there is another program
};

struct FactsWish {
  std::string release = {};                      // whose files are looked at, where it lies there
  std::vector<std::string> wake = {};            // of these programs those that run are told that a central is there now; nothing else happens on the host
  std::string hello = {};                        // of its daemon, that is told of this master file: "EPOCH.NUMBER:DIGEST"; empty: it is not greeted
  std::vector<std::string> known = {};           // stamps of programs whose digests need not be told
  FactsTeller by = FactsTeller::any;
};

std::string facts_script(const Host& host, const FactsWish& wish = {});
bool may_be_left(const Host& host, const std::string& release, const std::string& path);   // by a run that placed what the script looks at
Result<HostFacts> parse_facts(const Host& host, std::string_view document);   // corrupt: a line that is none, or no end

Supervision supervision_of(const Host& host, const HostFacts& facts);

}  // namespace sparekeep::central

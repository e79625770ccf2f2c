// What install wants to know of a host that is much as it left it, said by one of its programs in the place of a script with a score of
// processes: the same lines (installer/install/facts.h). Whatever is out of the ordinary is the script's to tell, so that nothing is said
// here in other words than there. Reading changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"

namespace sparekeep {

struct FactsQuestion {                                // paths begin with "./": below the root
  std::string root = {};                              // "": this machine's own
  std::string storage = {};                           // of the daemon, from the root: "/srv/sparekeep"
  std::string port = {};                              // the daemon's, which it has to serve at; "": whatever
  std::vector<std::string> wake = {};                 // of these programs those that run are told that a central is there now
  std::vector<std::string> places = {};               // folders below which something may be written
  std::vector<std::string> files = {};                // with digests
  std::vector<std::string> folders = {};              // without; a last part "*" stands for all that lies there
  std::vector<std::string> texts = {};                // whose lines are wanted
  std::vector<std::string> keys = {};                 // private ones
  std::vector<std::string> states = {};               // folders of programs, whose keys have to fit
  std::vector<std::string> pids = {};                 // "./run/sparekeepd/sparekeepd.pid"
  std::vector<std::string> users = {}, units = {};
  std::vector<std::string> known = {};                // stamps of files whose digests the asker remembers
};

// None: the script has to tell. Words are "files=./a ./b"; `root` comes by itself.
std::optional<FactsQuestion> facts_question(const std::string& root, const std::vector<std::string>& words);
using MoreFacts = std::function<std::string()>;         // lines that a program tells besides, before the end
std::optional<std::string> facts_document(const FactsQuestion& question, Time now, const MoreFacts& more = {});

// Both in one, as the programs' `facts` gives it; throws unsupported: the script has to tell.
std::string told_facts(const std::string& root, const std::vector<std::string>& words, Time now, const MoreFacts& more = {});

}  // namespace sparekeep

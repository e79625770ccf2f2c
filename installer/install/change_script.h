// The script that changes a host: everything in one go, whatever changes. Each file gets its name only when it is whole and durable; the
// script may be run again from any point at which one was interrupted, and two of them wait for each other.
#pragma once

#include "installer/install/plan.h"

namespace sparekeep::central {

struct PlacedFile {
  std::string path;                               // below the root
  unsigned mode = 0644;
  Bytes content;                                  // where there is no source
  Path source;                                    // on the host
};

class ChangeScript {
 public:
  ChangeScript(const Host& host, Supervision supervision, std::string release = {});
  ChangeScript& step(std::string_view name);                                         // prints "step NAME": what follows belongs to it
  ChangeScript& of_central(const PublicKey& root);                                    // ends it where the host has become another's since its facts
  ChangeScript& users(const std::vector<std::string>& names);
  ChangeScript& mend(const std::vector<UserMend>& users);                            // those that are there and not as they are made
  ChangeScript& folders(const std::vector<Service>& services, const std::vector<DesiredFolder>& wrong);
  ChangeScript& keys(const std::vector<DesiredFolder>& wrong);                       // private keys get their mode and owner
  ChangeScript& discard(const std::set<std::string>& leftovers);
  ChangeScript& place(const PlacedFile& file);
  ChangeScript& unpack(const DesiredFile& file, size_t packed_bytes);                // the next so many bytes of its input, gzip
  ChangeScript& settle();                                                            // what was placed gets its names
  ChangeScript& use_release();                                                       // `current` leads to it; what ran before can run again
  ChangeScript& identity(const Service& service, bool prepare_storage);              // prints "identity PROGRAM {json}"
  ChangeScript& ask_certificates(const std::vector<Service>& services);              // asks, and takes "BYTES\n" and the bytes of each
  ChangeScript& enable(const std::vector<std::string>& units);
  ChangeScript& stop(const std::vector<Service>& services);                          // SIGTERM; SIGKILL after 20 s
  // Waits until they serve; where they do not, the release before runs again, if there is one.
  ChangeScript& start(const std::vector<Service>& services, const std::vector<std::string>& sockets, bool reload);
  ChangeScript& reread(const std::vector<Service>& services);                        // they take their settings up, or are started anew
  ChangeScript& prove();                                                             // asks "good" or "bad WHY"; bad: the release before runs again
  ChangeScript& say_logs(const std::vector<Service>& services);                      // prints what they logged last
  ChangeScript& tidy();                                                              // removes older releases and layouts
  ChangeScript& disable();                                                           // remove_units() of all, where systemd supervises
  ChangeScript& stop_units(const std::vector<std::string>& units);                   // as far as systemd knows them
  ChangeScript& remove_units(const std::vector<std::string>& units);                 // stops them, removes files and links
  ChangeScript& remove(const std::vector<std::string>& paths);                       // files; and all releases
  ChangeScript& purge();                                                             // state, settings, shards and users
  std::string text() const;

 private:
  const Host host_;
  const Supervision supervision_;
  const std::string release_;
  std::string text_;
};

constexpr Duration kChangeLimit = std::chrono::minutes(5), kFactsLimit = std::chrono::seconds(25);

}  // namespace sparekeep::central

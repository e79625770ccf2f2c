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
  ChangeScript(const Host& host, Supervision supervision);
  ChangeScript& step(std::string_view name);                                         // prints "step NAME": what follows belongs to it
  ChangeScript& users(const std::vector<std::string>& names);
  ChangeScript& folders(const std::vector<Service>& services, const std::vector<DesiredFolder>& wrong);
  ChangeScript& place(const PlacedFile& file);
  ChangeScript& unpack(const DesiredFile& file, size_t packed_bytes);                // the next so many bytes of its input, gzip
  ChangeScript& settle();                                                            // what was placed gets its names
  ChangeScript& identity(const Service& service, bool prepare_storage);              // prints "identity PROGRAM {json}"
  ChangeScript& ask_certificates(const std::vector<Service>& services);              // asks, and takes "BYTES\n" and the bytes of each
  ChangeScript& enable(const std::vector<std::string>& units);
  ChangeScript& stop(const std::vector<Service>& services);                          // SIGTERM; SIGKILL after 20 s
  ChangeScript& start(const std::vector<Service>& services, const std::vector<std::string>& sockets, bool reload);   // and waits until they serve
  ChangeScript& disable();                                                           // remove_units() of all, where systemd supervises
  ChangeScript& remove_units(const std::vector<std::string>& units);                 // stops them, removes files and links
  ChangeScript& remove(const std::vector<std::string>& paths);                       // files
  ChangeScript& purge();                                                             // state, settings, shards and users
  std::string text() const;

 private:
  const Host host_;
  const Supervision supervision_;
  std::string text_;
};

constexpr Duration kChangeLimit = std::chrono::minutes(5), kFactsLimit = std::chrono::seconds(25);

}  // namespace sparekeep::central

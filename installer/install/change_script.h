// The scripts that change a host. Each file gets its name only when it is whole and durable; each may be run again.
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
  explicit ChangeScript(const Host& host);
  ChangeScript& folders(const std::vector<Service>& services);                       // of programs, settings and state
  ChangeScript& place(const PlacedFile& file);
  ChangeScript& identity(const Service& service, bool prepare_storage);              // prints "identity PROGRAM {json}"
  ChangeScript& stop(const Service& service);                                        // SIGTERM; SIGKILL after 20 s
  ChangeScript& start(const Service& service);                                       // and waits until it serves
  ChangeScript& remove(const std::vector<std::string>& paths);                       // files
  ChangeScript& purge();                                                             // state, settings and shards
  const std::string& text() const { return text_; }

 private:
  const Host host_;
  std::string text_;
};

constexpr Duration kChangeLimit = std::chrono::minutes(5), kFactsLimit = std::chrono::minutes(2);

}  // namespace sparekeep::central

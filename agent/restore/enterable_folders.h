// Folders of an ordinary user's whose modes keep the user out (0555, 0), and in which a restore works all the same: u+rwx from then on, until they get their
// own metadata, or all ends. Known by place, not by descriptor: there may be thousands. Thread safe.
#pragma once

#include <sys/stat.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "agent/restore/target_writer.h"

namespace sparekeep::agent {

class EnterableFolders {
 public:
  explicit EnterableFolders(int target) : target_(target) {}         // which must outlive it
  ~EnterableFolders() { static_cast<void>(give_back({})); }
  EnterableFolders(const EnterableFolders&) = delete;

  void open(int path_only, const struct stat& facts, std::string_view place);
  void removed(std::string_view place);        // with all below it
  // It gets its own metadata now: those below it have their modes back before, while they can be reached.
  void finished(std::string_view place, const WarningSink& warn);
  // All modes are what they were. The first error, and a warning of each folder that has another one; that is not tried again.
  Result<void> give_back(const WarningSink& warn);

 private:
  struct Opened {
    dev_t device = 0;
    ino_t inode = 0;
    mode_t mode = 0;
  };
  using Places = std::map<std::string, Opened, std::less<>>;
  Result<void> give_back(const std::string& place, const Opened& opened) const;
  Result<void> give_back(Places::iterator first, Places::iterator end, const WarningSink& warn);
  std::pair<Places::iterator, Places::iterator> below(std::string_view place);

  const int target_;
  std::mutex mutex_;
  Places opened_;
};

}  // namespace sparekeep::agent

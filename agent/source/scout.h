// Goes ahead of the walk, on a thread of its own: lists folders, examines what stands in them and decides what is left out. Hands what it finds
// to the walk in stretches, which takes it over, or opens and reads it. Every promise about order and reach is kept here; one about what an entry
// holds, there.
#pragma once

#include <functional>

#include "agent/source/roots.h"
#include "agent/source/scouted.h"

namespace sparekeep::agent {

class Scout {
 public:
  // `hand_on` may wait, and may throw to end it all.
  Scout(const Roots& roots, const WalkOptions& options, std::function<void(Scouted)> hand_on)
      : roots_(roots), has_inner_roots_(roots.all.size() > roots.walked.size()), options_(options), hand_on_(std::move(hand_on)),
        folders_(options.open_directories_max) {}
  void run();

 private:
  struct Found {                          // of the entry at path_
    struct stat facts {};
    size_t kept = 0;                      // bytes of path_ that are the folder's
    bool named = false;                   // it is a root
    bool held = false;
  };
  void note(Scouted::Note note);
  void problem(const std::string& path, int error_number);
  void hand_on();
  void root(const std::string& path, size_t kept);
  void step();
  void end_when_stopped();
  Result<void> leave();
  bool is_root(const std::string& path) const;
  bool is_beside_tag(const char* name);
  PathChoice chosen(const Found& found) const;
  void roots_below();
  void visit(const OpenFolder& folder, NameList::Name name, size_t kept);
  bool visit_listed_folder(const OpenFolder& folder, const char* name, Found found);
  void add(const Found& found, const OpenFolder& folder, const OpenFolder& opened);
  void add_folder(const Found& found, const OpenFolder& folder, Descriptor fd, bool may_be_listed);
  Descriptor open_folder(int folder, const char* name, const struct stat& facts, bool& may_be_listed);
  void descend(OpenFolder opened, const Found& found, bool may_be_listed);
  void tell_empty(int folder);

  const Roots& roots_;
  const bool has_inner_roots_;            // some lie in others
  const WalkOptions& options_;
  const std::function<void(Scouted)> hand_on_;
  FolderStack folders_;
  std::string path_;                      // of the entry where it stands, or stood last: it begins with that of the deepest folder
  Scouted found_;
  size_t names_ = 0;                      // that it has met
};

}  // namespace sparekeep::agent

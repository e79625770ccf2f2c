// A stretch of what the scout has found (agent/source/scout.h), in the order of the walk: entries as fstatat(2) had them, and what is to be told
// between them. Paths go by what they do not have in common with the one before: in a deep tree each in full would be the square of its depth.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/source/folder_stack.h"
#include "agent/source/walk.h"

namespace sparekeep::agent {

inline constexpr const char* kBecameAnother = "became another file while it was listed";

class Scouted {
 public:
  // Whichever is reached first: with a folder's descriptor, some 200 KB, and a million names of one folder are many stretches.
  static constexpr size_t kEntriesMax = 256, kFoldersMax = 32, kTextBytesMax = 256 << 10;

  struct Entry {
    struct stat facts {};
    size_t kept = 0;               // bytes of the path before that its own begins with; the next `rest_bytes` of the stretch follow them
    size_t rest_bytes = 0;
    bool held = false;             // a folder that is an entry when something below it is
    uint32_t folder = 0;           // where it lies, of the stretch's folders
    uint32_t opened = 0;           // a folder itself, as one of them, when it could be opened
    bool is_open = false;
    bool named = false;            // it is a root
  };
  using Note = std::variant<SourceProblem, EmptyRoot>;

  Scouted() { entries_.reserve(kEntriesMax); }
  bool full() const { return entries_.size() >= kEntriesMax || opened_ >= kFoldersMax || text_.size() + note_bytes_ >= kTextBytesMax; }
  bool empty() const { return entries_.empty() && notes_.empty(); }

  void add(Entry entry, std::string_view rest, const OpenFolder& folder, const OpenFolder& opened);
  void add(Note note);                          // behind the entries that are there
  void count_opened() { ++opened_; }            // by the scout, for this stretch

  // In order. `entry` gets each entry with the rest of its path, `note` the others.
  template <typename TakeEntry, typename TakeNote>
  void each(const TakeEntry& take_entry, const TakeNote& take_note) {
    size_t note = 0, text = 0;
    for (size_t at = 0; at <= entries_.size(); ++at) {
      for (; note < notes_.size() && notes_[note].before == at; ++note) take_note(std::move(notes_[note].note));
      if (at == entries_.size()) break;
      const Entry& entry = entries_[at];
      take_entry(entry, std::string_view(text_).substr(text, entry.rest_bytes));
      text += entry.rest_bytes;
    }
  }
  int folder_of(const Entry& entry) const { return folders_[entry.folder]->get(); }
  int opened_of(const Entry& entry) const { return entry.is_open ? folders_[entry.opened]->get() : -1; }

 private:
  struct Placed {
    size_t before = 0;                          // of entries_
    Note note;
  };
  uint32_t number_of(const OpenFolder& folder);

  std::vector<Entry> entries_;
  std::vector<Placed> notes_;
  std::vector<OpenFolder> folders_;             // open as long as this stretch needs them
  std::string text_;
  size_t opened_ = 0, note_bytes_ = 0;
};

}  // namespace sparekeep::agent

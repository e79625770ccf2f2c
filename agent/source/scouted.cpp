#include "agent/source/scouted.h"

namespace sparekeep::agent {

void Scouted::add(Entry entry, std::string_view rest, const OpenFolder& folder, const OpenFolder& opened) {
  entry.rest_bytes = rest.size();
  entry.folder = number_of(folder);
  entry.is_open = opened != nullptr;
  if (opened) entry.opened = number_of(opened);
  text_ += rest;
  entries_.push_back(entry);
}

void Scouted::add(Note note) {
  if (const SourceProblem* problem = std::get_if<SourceProblem>(&note)) note_bytes_ += problem->path.size() + problem->text.size();
  note_bytes_ += sizeof(Placed);
  notes_.push_back({entries_.size(), std::move(note)});
}

// One after the other lies in the same folder, mostly.
uint32_t Scouted::number_of(const OpenFolder& folder) {
  if (folders_.empty() || folders_.back() != folder) folders_.push_back(folder);
  return static_cast<uint32_t>(folders_.size() - 1);
}

}  // namespace sparekeep::agent

#include "agent/backup/found_queue.h"

namespace sparekeep::agent {

void FoundQueue::drain(FoundSink& to) {
  items_.drain([&to](Item item) {
    if (ManifestEntry* known = std::get_if<ManifestEntry>(&item)) to.known(std::move(*known));
    else if (Opened* opened = std::get_if<Opened>(&item)) to.entry(std::move(opened->entry), std::move(opened->file));
    else to.problem(std::move(std::get<SourceProblem>(item)));
  });
}

}  // namespace sparekeep::agent

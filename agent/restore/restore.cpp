#include "agent/restore/restore.h"

#include <sys/stat.h>

#include "agent/restore/beneath.h"
#include "agent/restore/content_writer.h"
#include "agent/restore/entry_difference.h"
#include "agent/restore/extra.h"
#include "agent/restore/link_sources.h"
#include "agent/restore/made_parents.h"
#include "agent/restore/shared_files.h"
#include "agent/restore/stored_content.h"
#include "agent/restore/waiting_steps.h"
#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kProgressStep = std::chrono::milliseconds(500);

class Restore {
 public:
  Restore(const RestoreRequest& request, RestoreWorld& world, RunResult& result, TargetWriter* writer, RestoreReport& report)
      : request_(request), order_(request.order.restore), world_(world), result_(result), report_(report), writer_(writer),
        options_(writer ? writer->metadata() : metadata_options(order_.numeric_owner)), shared_(world.snapshot, request.selection, writer),
        contents_(writer, world.snapshot, report, order_.verify) {
    if (writer && order_.delete_extra)
      extra_.emplace(*writer, request.selection, report,
                     ExtraOptions{.target = order_.target, .snapshot_is_partial = world.snapshot.record().public_section().state.partial,
                                  .check_only = order_.check_only, .left_out = order_.left_out});
  }

  void run();

 private:
  void entry(ManifestEntry entry);
  void folder(ManifestEntry entry, const std::string& place);
  void regular(ManifestEntry entry, const std::string& place, std::string_view first = {});
  void special(const ManifestEntry& entry, const std::string& place);
  void hard_link(ManifestEntry entry, const std::string& place);
  void link_now(const ManifestEntry& entry, const std::string& place);
  LinkSource* link_source(const std::string& first);
  void be_first_name(const std::string& first, const ManifestEntry& link, const std::string& place);
  bool source_is_right(const std::string& first, const LinkSource& source);
  void settle(const std::string& first, LinkSource& source);
  void write_content(ManifestEntry entry, const std::string& place, const std::string& why);
  bool content_is_right(const ManifestEntry& entry, const FileEntry& standing, const std::string& place);
  bool clear_way(const std::string& path, const std::string& place, const std::optional<FileEntry>& standing, bool folder_wanted);
  Error folder_in_the_way() const;
  void make_parents(const std::string& path, std::string_view place);
  void remove_leftovers(const std::string& path, const std::string& place);
  std::optional<FileEntry> current(const std::string& place, const std::string& path);
  bool is_below_new_folder(const std::string& place) const;
  bool is_in_new_folder(std::string_view place) const;
  bool is_blocked(const std::string& path) const { return !blocked_.empty() && request_.selection.takes(path) && path_is_within(path, blocked_); }
  void change(const std::string& place, std::string_view what) { report_.change(place.empty() ? order_.target : path_below(order_.target, place), what); }
  void flush();
  void take_waiting();
  void late_link(const LateLink& link);
  void finish_folders(std::string_view next_path);
  void finish_folder(const OpenFolder& folder);
  void note(const Result<void>& done, const std::string& path);
  void progress();

  const RestoreRequest& request_;
  const RestoreOrder& order_;
  RestoreWorld& world_;
  RunResult& result_;
  RestoreReport& report_;
  TargetWriter* writer_;                               // null: check_only, and there is no target yet
  std::optional<ExtraRemover> extra_;
  const MetadataOptions options_;
  OpenFolders folders_;                              // whose subtree is not finished yet
  WaitingSteps waiting_;
  LinkSources link_sources_;
  SharedFiles shared_;
  std::string blocked_;                              // the last folder that could not be made; what is below it comes before all else
  MadeParents made_parents_;
  Duration last_report_{};
  ContentWriter contents_;                           // ends first: its threads use much of the above
};

void Restore::run() {
  ManifestReader manifest = world_.snapshot.manifest();
  if (!request_.selection.path.empty()) manifest.seek(request_.selection.path);
  while (true) {
    Result<std::optional<ManifestEntry>> next = manifest.next();
    if (!next) throw next.error().during("reading the manifest");
    if (!*next) break;
    const std::string path = (*next)->file.path;
    if (!request_.selection.path.empty() && !path_is_within(path, request_.selection.path)) break;
    finish_folders(path);
    if (order_.delete_extra && !folders_.empty() && folders_.top().entry.file.path == parent_path(path))
      folders_.top().add_name(path_name(path));
    if (request_.selection.passes_over(path)) report_.passed_over(path);
    if (request_.selection.takes(path) || (*next)->file.kind == FileKind::directory) entry(std::move(**next));
    progress();
  }
  flush();
  finish_folders("");
  flush();
  if (result_.files == 0 && result_.errors.empty() && !report_.has_passed_over()) throw nothing_found(order_);
  if (!order_.check_only) note(writer_->sync(), order_.target);
}

void Restore::entry(ManifestEntry entry) {
  const std::string place = request_.selection.place_of(entry.file.path, entry.file.kind);
  if (is_blocked(entry.file.path))
    return report_.error(entry.file.path, Error(ErrorKind::exists, "something else stands in the place of its folder " + in_quotes(blocked_)));
  if (entry.file.kind == FileKind::directory) return folder(std::move(entry), place);
  report_.entry(entry.file.kind == FileKind::regular && entry.file.hard_link.empty() ? entry.file.size : 0);
  make_parents(entry.file.path, place);
  if (!entry.file.hard_link.empty()) return hard_link(std::move(entry), place);
  if (entry.file.kind != FileKind::regular) return special(entry, place);
  regular(std::move(entry), place);
}

void Restore::note(const Result<void>& done, const std::string& path) {
  if (!done) report_.error(path, done.error());
}

// Only told what would be done: what stands there now stands where the folder would be made, and would be gone.
bool Restore::is_below_new_folder(const std::string& place) const { return order_.check_only && folders_.is_below_made(place); }

// Nothing stands in a folder that this run has made. What somebody else puts there meanwhile is replaced, or reported where it is a folder; a run that
// overwrites nothing looks.
bool Restore::is_in_new_folder(std::string_view place) const {
  if (order_.check_only || order_.overwrite == "never" || folders_.empty() || place.empty()) return false;
  return folders_.top().made && folders_.top().place == place_parent(place);
}

std::optional<FileEntry> Restore::current(const std::string& place, const std::string& path) {
  if (!writer_ || is_below_new_folder(place) || is_in_new_folder(place)) return std::nullopt;
  Result<std::optional<FileEntry>> standing = writer_->current(place);
  if (standing) return std::move(*standing);
  if (standing.error().kind() != ErrorKind::not_found) report_.error(path, standing.error());
  return std::nullopt;
}

// A folder that the filters do not take is made only where something below it is restored. What differs is told before anything below it is
// touched: what this run writes there is no change of the folder.
void Restore::folder(ManifestEntry entry, const std::string& place) {
  if (!request_.selection.takes(entry.file.path)) return;
  report_.entry(0);
  const std::optional<FileEntry> standing = current(place, entry.file.path);
  bool made = !standing || standing->kind != FileKind::directory, opened = false;
  if (made) {
    if (!clear_way(entry.file.path, place, standing, true)) {
      blocked_ = entry.file.path;
      return report_.error(entry.file.path, Error(ErrorKind::exists, "something else stands in its place"));
    }
    change(place, "new folder");
    const Result<void> stands = order_.check_only ? Result<void>() : writer_->make_folder(place);
    note(stands, entry.file.path);
    made = stands.has_value();
  } else if (order_.overwrite != "never") {
    const EntryDifference difference = compare_entry(*standing, entry.file, options_, world_.names);
    if (difference.metadata()) change(place, difference.text());
    opened = !order_.check_only && (standing->mode & S_IRWXU) != S_IRWXU;
    if (opened) note(writer_->make_parents(place), entry.file.path);   // to be entered until it is finished
  }
  folders_.push({.entry = std::move(entry), .place = place, .made = made, .opened = opened && !options_.owner});
}

// The folder of an entry stands already, or the filters do not take it.
void Restore::make_parents(const std::string& path, std::string_view place) {
  if (place.empty() || order_.check_only) return;
  if (!folders_.empty() && folders_.top().made && folders_.top().place == place_parent(place)) return;
  const std::string parent(place_parent(place));
  if (!made_parents_.is_new(parent)) return;
  if (!parent.empty()) note(writer_->make_parents(parent), std::string(parent_path(path)));
  remove_leftovers(std::string(parent_path(path)), parent);
}

// What an interrupted restore left in a folder goes, unless the snapshot holds it. It never fails this one.
void Restore::remove_leftovers(const std::string& path, const std::string& place) {
  const Result<std::vector<std::string>> leftovers = writer_->leftovers(place);
  if (!leftovers) return;
  for (const std::string& name : *leftovers) {
    const Result<std::optional<ManifestEntry>> wanted = world_.snapshot.manifest().find(path_below(path, name));
    if (wanted && !*wanted) static_cast<void>(writer_->remove(place_below(place, name)));
  }
}

Error Restore::folder_in_the_way() const {
  return Error(ErrorKind::exists, order_.delete_extra ? "a folder stands in its place that was not removed; move it away"
                                                      : "a folder stands in its place; --delete would remove it");
}

// May what stands be replaced? A folder only when --delete says so; everything else unless overwrite is "never".
bool Restore::clear_way(const std::string& path, const std::string& place, const std::optional<FileEntry>& standing, bool folder_wanted) {
  if (!standing) return true;
  if (order_.overwrite == "never") return false;
  const bool is_folder = standing->kind == FileKind::directory;
  if (is_folder && (!extra_ || extra_->keeps(path, place))) return false;
  if ((is_folder || folder_wanted) && !order_.check_only) return writer_->remove(place).has_value();
  return true;
}

bool Restore::content_is_right(const ManifestEntry& entry, const FileEntry& standing, const std::string& place) {
  if (standing.size != entry.file.size) return false;
  if (!order_.verify) return standing.mtime == entry.file.mtime;
  return stands_right(*writer_, entry, place);
}

// What is right stays as it is, or gets its metadata in place; not where that would change other names, too.
void Restore::regular(ManifestEntry entry, const std::string& place, std::string_view first) {
  const std::optional<FileEntry> standing = current(place, entry.file.path);
  if (!standing) return write_content(std::move(entry), place, "new");
  if (order_.overwrite == "never") return;
  if (standing->kind != FileKind::regular) {
    if (!clear_way(entry.file.path, place, standing, false))
      return report_.error(entry.file.path, folder_in_the_way());
    return write_content(std::move(entry), place, "other kind");
  }
  const EntryDifference difference = compare_entry(*standing, entry.file, options_, world_.names);
  const bool differs = difference.metadata(), right = order_.overwrite != "always" && content_is_right(entry, *standing, place);
  if (!right || !shared_.may_stay(*standing, {.first = first.empty() ? entry.file.path : first, .place = place, .changes = differs})) {
    shared_.leave(*standing, place);
    return write_content(std::move(entry), place, !right ? "content" : differs ? difference.text() : "a file of its own");
  }
  if (!differs) return;
  change(place, difference.text());
  if (!order_.check_only) note(writer_->set_metadata(place, entry.file), entry.file.path);
}

void Restore::write_content(ManifestEntry entry, const std::string& place, const std::string& why) {
  change(place, why);
  if (order_.check_only) return;
  contents_.add(place, std::move(entry));
}

void Restore::special(const ManifestEntry& entry, const std::string& place) {
  const std::optional<FileEntry> standing = current(place, entry.file.path);
  if (standing && order_.overwrite == "never") return;
  if (standing && !compare_entry(*standing, entry.file, options_, world_.names).any()) return;
  if (!clear_way(entry.file.path, place, standing, false))
    return report_.error(entry.file.path, folder_in_the_way());
  const bool device = entry.file.kind == FileKind::character_device || entry.file.kind == FileKind::block_device;
  if (order_.check_only) {
    if (!device || !writer_ || options_.owner) change(place, standing ? "other" : "new");
    return;
  }
  const Result<void> made = writer_->make_special(place, entry.file);
  if (!made && device && made.error().kind() == ErrorKind::denied)
    return report_.warning(printable(entry.file.path) + ": a device can be made by root only; left out");
  if (made) change(place, standing ? "other" : "new");
  note(made, entry.file.path);
}

// This name gets content of its own, and later names of the file are links to it.
void Restore::be_first_name(const std::string& first, const ManifestEntry& link, const std::string& place) {
  Result<ManifestEntry> content = content_of(world_.snapshot, first);
  if (!content) return report_.error(link.file.path, content.error());
  link_sources_.set(first, {.path = link.file.path, .place = place});
  if (!request_.selection.takes(first)) report_.content(content->file.size);
  content->file.path = link.file.path;
  return content->file.kind == FileKind::regular ? regular(std::move(*content), place, first) : special(*content, place);
}

// Is what stands at a source's place what the snapshot holds? A run that overwrites nothing does not know it of what stood before, nor does one
// with more errors than it keeps. Only told what would be done, what does not stand is what would be written.
bool Restore::source_is_right(const std::string& first, const LinkSource& source) {
  if (order_.overwrite != "never" && !report_.error_forgotten()) return true;
  const std::optional<FileEntry> standing = current(source.place, source.path);
  if (!standing) return order_.check_only;
  const Result<ManifestEntry> content = content_of(world_.snapshot, first);
  if (!content || compare_entry(*standing, content->file, options_, world_.names).kind) return false;
  return standing->kind != FileKind::regular || (standing->size == content->file.size && stands_right(*writer_, *content, source.place));
}

// Once a source: the content must stand before it gets another name.
void Restore::settle(const std::string& first, LinkSource& source) {
  if (source.settled) return;
  if (contents_.holds(source.place)) contents_.wait();
  source.settled = true;
  const std::optional<Error> why = report_.error_of(source.path);
  source.failed = why && (is_lost(why->kind()) || why->kind() == ErrorKind::no_space);
  source.right = !why && source_is_right(first, source);
}

LinkSource* Restore::link_source(const std::string& first) {
  if (request_.selection.takes(first)) link_sources_.set_where_missing(first, {first, request_.selection.place_of(first, FileKind::regular)});
  return link_sources_.find(first);
}

// A link to what is still under way waits for it; the walk does not.
void Restore::hard_link(ManifestEntry entry, const std::string& place) {
  const LinkSource* source = link_source(entry.file.hard_link);
  if (source && !source->settled && contents_.holds(source->place)) {
    if (const std::optional<FileEntry> standing = current(place, entry.file.path)) shared_.leave(*standing, place);
    waiting_.add(LateLink{std::move(entry), place, contents_.last()});
    if (waiting_.too_many()) flush();
    return;
  }
  link_now(entry, place);
}

// Where it becomes the first name after all, its content must come before its folder's metadata, which is next.
void Restore::late_link(const LateLink& link) {
  link_now(link.entry, link.place);
  if (contents_.holds(link.place)) contents_.wait();
}

// The first name holds the content. Where the filters leave it out, something else stands there and stays, or it cannot be written, the first
// of the others takes its part. No name is given to what this run has neither written nor found right.
void Restore::link_now(const ManifestEntry& entry, const std::string& place) {
  const std::string& first = entry.file.hard_link;
  LinkSource* known = link_source(first);
  if (!known) return be_first_name(first, entry, place);
  if (order_.overwrite == "never" && current(place, entry.file.path)) return;
  LinkSource& source = *known;
  settle(first, source);
  if (source.failed) return report_.error(entry.file.path, report_.error_of(source.path).value());
  if (!source.right) return be_first_name(first, entry, place);
  const bool asks = writer_ && !is_in_new_folder(place) && !(order_.check_only && shared_.has_left(source.place));
  const Result<bool> same = asks ? writer_->same_file(place, source.place) : Result<bool>(false);
  if (same && *same) return;
  const std::optional<FileEntry> standing = current(place, entry.file.path);
  if (!clear_way(entry.file.path, place, standing, false)) return report_.error(entry.file.path, folder_in_the_way());
  if (standing) shared_.leave(*standing, place);
  change(place, "hard link");
  if (!order_.check_only) note(writer_->make_hard_link(place, source.place), entry.file.path);
}

void Restore::flush() {
  contents_.wait();
  take_waiting();
}

// Folders get their metadata after everything below them, files further names after their content; so those that the walk has passed wait for batches.
void Restore::take_waiting() {
  const uint64_t done = contents_.done();
  while (const std::optional<WaitingSteps::Step> step = waiting_.next(done)) {
    if (const auto* folder = std::get_if<OpenFolder>(&*step)) finish_folder(*folder);
    else late_link(std::get<LateLink>(*step));
  }
}

void Restore::finish_folders(std::string_view next_path) {
  while (!folders_.empty() && (next_path.empty() || !path_is_within(next_path, folders_.top().entry.file.path))) {
    OpenFolder left = folders_.pop();
    left.after = contents_.last();
    waiting_.add(std::move(left));
    if (waiting_.too_many()) flush();
  }
  take_waiting();
}

void Restore::finish_folder(const OpenFolder& folder) {
  if (!writer_ || (order_.check_only && folder.made)) return;
  if (extra_) extra_->remove_from(folder.entry.file.path, folder.place, folder.names);
  if (order_.check_only || (order_.overwrite == "never" && !folder.made)) return;
  const FileEntry& wanted = folder.entry.file;
  if (folder.made || folder.opened) return note(writer_->set_metadata(folder.place, wanted), wanted.path);
  const std::optional<FileEntry> standing = current(folder.place, wanted.path);
  if (standing && compare_entry(*standing, wanted, options_, world_.names).metadata()) note(writer_->set_metadata(folder.place, wanted), wanted.path);
}

void Restore::progress() {
  if (request_.stopped && request_.stopped()) throw Error(ErrorKind::interrupted, "the restore was stopped; a second one goes on from there");
  const Duration now = world_.clock.boot_time();
  if (!request_.progress || now - last_report_ < kProgressStep) return;
  last_report_ = now;
  RunProgress progress{.run = request_.order.run, .phase = "restore"};
  progress.files = result_.files, progress.files_total = world_.snapshot.vault_part().entries;
  progress.bytes = result_.bytes, progress.bytes_total = world_.snapshot.vault_part().file_bytes;
  request_.progress(progress);
}

// What the threads that fetch and this one throw beside Error (no memory, no thread) ends the run, not the agent.
void run_to_its_end(Restore& restore) try {
  restore.run();
} catch (const Error&) {
  throw;
} catch (const std::exception& fault) {
  throw Error(ErrorKind::failed, "the restore ended at a fault: " + std::string(fault.what()));
}

}  // namespace

RunResult run_restore(const RestoreRequest& request, RestoreWorld& world) {
  const Duration began = world.clock.boot_time();
  RunResult result{.run = request.order.run, .state = "complete", .snapshot = request.order.restore.snapshot.hex()};
  RestoreReport report(result);
  const WarningSink warn = [&](std::string_view place, const std::string& text) { report.warning(printable(place) + ": " + text); };
  const RestoreOrder& order = request.order.restore;
  const Result<std::unique_ptr<TargetWriter>> writer =
      world.open_target ? world.open_target(order, world.names, warn) : open_target(order, {}, world.names, warn);
  if (!writer) throw writer.error().during("the target " + in_quotes(order.target));
  Restore restore(request, world, result, writer->get(), report);
  run_to_its_end(restore);
  result.milliseconds = (world.clock.boot_time() - began).count() / 1'000'000;
  return result;
}

}  // namespace sparekeep::agent

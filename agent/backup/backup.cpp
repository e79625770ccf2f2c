#include "agent/backup/backup.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "agent/backup/commit.h"
#include "agent/backup/emptied_root.h"
#include "agent/backup/found_queue.h"
#include "agent/backup/journal.h"
#include "agent/backup/last_snapshot.h"
#include "agent/backup/lease_patience.h"
#include "agent/backup/pipeline.h"
#include "agent/backup/redundancy.h"
#include "agent/backup/retired_jobs.h"
#include "agent/backup/revision.h"
#include "agent/backup/source_reader.h"
#include "agent/backup/vault_head.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr int kAttemptsMax = 3;                          // each one without the packs that the last one could not have
constexpr unsigned kPrepareThreadsMin = 2, kPrepareThreadsMax = 4;   // as many as there are processors: a host has other work, too
constexpr Duration kProgressStep = std::chrono::milliseconds(500);

Error stopped() { return Error(ErrorKind::interrupted, "the backup was stopped; what was stored stays, the next run goes on"); }

// What the attempts of one run before left to the next one.
struct Left {
  std::unordered_set<PackId> lost;                       // can not be had
  std::optional<Outbox::Item> waiting;                   // a snapshot that systems which were away may still take
};

// One attempt at a snapshot: its state, and the steps of the recipe in order.
class Attempt {
 public:
  Attempt(const BackupRequest& request, BackupWorld& world, const Left& left)
      : request_(request), world_(world), order_(request.order), given_up_(left.lost), waiting_(left.waiting),
        cache_(world.vault.folder(), order_.job), journal_(world.vault.folder(), order_.job),
        layout_{static_cast<uint8_t>(order_.backup.data), static_cast<uint8_t>(order_.backup.parity)},
        commit_(world.targets, world.clock, world.vault.signer().public_key()) {}

  RunResult run();
  std::unordered_set<PackId> lost_packs() const;
  const std::optional<Outbox::Item>& waiting() const { return waiting_; }

 private:
  void find_place_in_vault();
  void remember();
  bool keeps(const PackEntry& pack) const { return !pack.unused() && !given_up_.contains(pack.pack) && redundancy_->usable(pack); }
  VaultPart read_and_store();
  void read_into(Assembly& assembly);
  void walk_sources(FoundQueue& found);
  void read_sources(FoundQueue& found, ChunkRecogniser& recogniser, Pipeline& pipeline);
  void read_command(const CommandSource& command, SourceReader& reader);
  void examine_empty(const EmptyRoot& root, FoundSink& found);
  void refuse_nothing() const;
  Bundle make_bundle(const VaultPart& part);
  void commit(const Bundle& bundle);
  PublicSection public_section() const;
  SecondMetadata second_metadata() const;
  void say_degraded(const Bundle& bundle, const std::string& name);
  void keep(const VaultPart& part);
  RunResult result() const;
  bool is_stopped() const { return request_.stopped && request_.stopped(); }
  bool is_ending() const { return failed_ || is_stopped(); }
  void report(const FileEntry* entry);

  const BackupRequest& request_;
  BackupWorld& world_;
  const Order& order_;
  std::unordered_set<PackId> given_up_;                  // packs of before that this snapshot does not use
  std::optional<Outbox::Item> waiting_;                  // the snapshot of this run that is offered again when this attempt fails
  SnapshotCache cache_;
  Journal journal_;
  const Layout layout_;
  SnapshotCommit commit_;

  std::optional<SnapshotMemory> memory_;
  Result<void> memory_whole_;                            // or why there is none, though there was one
  std::optional<Redundancy> redundancy_;
  KnownChunks known_;
  std::vector<StoredPack> interrupted_metadata_;          // that runs before had stored for a snapshot that was never made
  std::unique_ptr<ChunkNumbers> numbers_;
  std::vector<bool> usable_numbers_;                     // of the last snapshot
  std::vector<PackEntry> data_packs_, metadata_packs_;
  SourceProblems problems_;
  bool root_emptied_ = false;
  std::vector<std::string> warnings_;
  std::atomic<bool> failed_ = false;                     // a later stage: no command need run any more, nor a walk
  Summary summary_;
  uint64_t sent_bytes_ = 0;
  bool degraded_ = false;
  Time began_;
  Duration boot_began_{}, last_report_{};
  RunProgress progress_;
  SnapshotId snapshot_;
  CommitResult outcome_;
  SnapshotHead head_;
};

RunResult Attempt::run() {
  began_ = world_.clock.now();
  boot_began_ = world_.clock.boot_time();
  snapshot_ = world_.random.id<SnapshotId>();
  find_place_in_vault();
  remember();
  const VaultPart part = read_and_store();
  commit(make_bundle(part));
  keep(part);
  return result();
}

// It takes the place of the snapshot of an attempt before, which comes into force no more: of one run there is one.
void Attempt::commit(const Bundle& bundle) {
  const Outbox::Item item{record_name(snapshot_, 1), OutboxStage::commit};
  if (waiting_) world_.outbox.remove(*waiting_), waiting_.reset();
  world_.outbox.add(item.name, bundle).value();
  world_.vault.set_head({head_.sequence + 1, sha256(bundle.record)}).value();   // before anybody has it: no other record gets this sequence
  outcome_ = commit_.offer(bundle, item.name, layout_.parity);
  if (!outcome_.in_force) {
    if (!outcome_.accepted_by.empty() && outcome_.lost_packs.empty()) waiting_ = item;   // the others may take it when they are back
    else world_.outbox.remove(item);
    throw Error(ErrorKind::unreachable, "the snapshot was not accepted by enough systems; " + std::to_string(outcome_.accepted_by.size()) + " took it. " +
                                            (waiting_ ? "It is offered to the others again" : "Its data stays stored; the next run goes on from there"));
  }
  if (outcome_.degraded && !degraded_) say_degraded(bundle, item.name);
  else world_.outbox.move(item, OutboxStage::send).value();
}

std::unordered_set<PackId> Attempt::lost_packs() const {
  std::unordered_set<PackId> lost = outcome_.lost_packs;
  lost.insert(outcome_.short_packs.begin(), outcome_.short_packs.end());
  return lost;
}

void Attempt::find_place_in_vault() {
  const VaultDescriptor& vault = world_.vault.descriptor();
  std::vector<ToldRecord> told = commit_.introduce(vault.vault, vault.epoch, world_.vault.descriptor_object(), world_.vault.key_record_object());
  FoundHead found = find_head(world_.vault, world_.targets, world_.clock, std::move(told)).value();
  head_ = found.head;
  if (!found.warning.empty()) warnings_.push_back(std::move(found.warning));
}

// What is stored already: the last snapshots of the vault's jobs, and what interrupted runs had stored. Systems were asked before. The table of
// the job's own last snapshot is in `numbers_` alone from here on: it may have millions of rows.
void Attempt::remember() {
  LastSnapshot last = last_snapshot(cache_, {order_, world_.targets, world_.vault, world_.clock, head_.sequence > 0, [this] { report(nullptr); }});
  memory_ = std::move(last.memory), memory_whole_ = last.whole;
  if (!last.warning.empty()) log_warning(last.warning), warnings_.push_back(std::move(last.warning));
  redundancy_.emplace(world_.targets, layout_, memory_ ? memory_->away : std::set<HostId>());
  for (StoredPack& pack : journal_.read()) {
    if (!keeps(pack.entry)) continue;
    if (pack.entry.kind == PackKind::data) known_.add(pack);
    else interrupted_metadata_.push_back(std::move(pack));
  }
  cache_.each_other([this](const SnapshotMemory& other) { known_.add(other, [this](const PackEntry& pack) { return keeps(pack); }); });
  if (last.stored) known_.add(*last.stored, [this](const PackEntry& pack) { return keeps(pack); });
  if (!memory_) {
    numbers_ = std::make_unique<ChunkNumbers>(std::vector<ChunkRef>(), std::vector<PackEntry>(), given_up_);
    return;
  }
  size_t unsafe = 0;
  for (const std::vector<PackEntry>* packs : {&memory_->data_packs, &memory_->metadata_packs})
    for (const PackEntry& pack : *packs)
      if (!pack.unused() && !keeps(pack)) given_up_.insert(pack.pack), ++unsafe;
  if (unsafe > 0) log_info(std::to_string(unsafe) + " packs are not as safe as declared: what they hold is read and stored anew");
  const uint32_t rows = static_cast<uint32_t>(memory_->rows.size());
  numbers_ = std::make_unique<ChunkNumbers>(std::move(memory_->rows), memory_->data_packs, given_up_);
  for (uint32_t number = 0; number < rows; ++number) usable_numbers_.push_back(numbers_->usable(number));
}

VaultPart Attempt::read_and_store() {
  const VaultDescriptor& vault = world_.vault.descriptor();
  StoredPacks stored;
  Uploader uploader(world_.targets, world_.clock, [&](StoredPack pack) {
    journal_.append(pack);                               // at once: whenever this run is killed, the next one need not send it again
    stored.add(std::move(pack));
  });
  PackWriter data({vault.vault, vault.epoch, PackKind::data, layout_}, world_.vault.keys().packs(), world_.vault.signer(), world_.random);
  MetadataPacks metadata({vault.vault, vault.epoch, PackKind::metadata, redundancy_->metadata()}, world_.vault.keys().metadata(), world_.vault.signer(),
                         world_.random, uploader);
  if (memory_) {
    std::vector<ChunkRef> places = memory_->table;
    for (const ManifestKey& key : memory_->manifest) places.push_back(key.chunk);
    metadata.reuse(places, memory_->metadata_packs, given_up_);
  }
  for (const StoredPack& pack : interrupted_metadata_) metadata.set_pack(pack);
  cache_.begin();
  Assembly assembly({data, metadata, *numbers_, uploader, stored, cache_, summary_});
  try {
    read_into(assembly);
    refuse_nothing();
    const VaultPart part = assembly.finish();
    data_packs_ = numbers_->packs().entries();
    metadata_packs_ = metadata.packs_in_use().entries();
    sent_bytes_ = uploader.sent_bytes();
    for (const std::vector<PackEntry>* packs : {&data_packs_, &metadata_packs_})
      if (std::any_of(packs->begin(), packs->end(), [this](const PackEntry& pack) { return redundancy_->below_declared(pack); })) degraded_ = true;
    return part;
  } catch (...) {
    uploader.stop();
    throw;
  }
}

void Attempt::read_into(Assembly& assembly) {
  const Result<Compression> compression = parse_compression(order_.backup.compression);
  ChunkMarks marks(world_.vault.folder(), numbers_->rows().size(), world_.random);
  ChunkRecogniser recogniser(marks, {*numbers_, known_});
  Pipeline pipeline(world_.vault.keys().packs(), compression.value(), {*numbers_, known_}, marks,
                    std::clamp(std::thread::hardware_concurrency(), kPrepareThreadsMin, kPrepareThreadsMax));
  FoundQueue found;
  std::thread reading([&] { read_sources(found, recogniser, pipeline); });
  std::exception_ptr failure;
  try {
    pipeline.drain(assembly, problems_, [this](const FileEntry* entry) { report(entry); });
  } catch (...) {
    failure = std::current_exception();
    failed_ = true;
    pipeline.stop();
    found.stop();
  }
  reading.join();
  if (failure) std::rethrow_exception(failure);
}

// A thread. Its failure closes the queue, so that the reading throws it, and after it the assembly.
void Attempt::walk_sources(FoundQueue& found) {
  const Result<void> done = caught([&] {
    if (order_.backup.paths.empty()) return found.finish();
    SourceMerge merge(found);
    if (memory_) merge.merge_with(cache_.open_manifest(*memory_), memory_->began, std::move(usable_numbers_));
    WalkOptions options = request_.walk;
    LeasePatience patience(world_.clock, [this] { return is_ending(); });
    options.wait_for_lease = [&](unsigned again) { return patience.wait(again); };
    options.empty_root = [&](const EmptyRoot& root) { examine_empty(root, found); };
    options.stopped = [this] { return is_ending(); };
    walk(order_.backup.paths, options, world_.names, merge).value();
    found.finish();
  });
  if (!done) found.fail(done.error().kind() == ErrorKind::interrupted ? stopped() : done.error());
}

// Another one. Commands come first: what fails soon fails before hours of reading, and no file waits open for the end of a dump.
void Attempt::read_sources(FoundQueue& found, ChunkRecogniser& recogniser, Pipeline& pipeline) {
  std::thread walking;
  const Result<void> done = caught([&] {
    if (!order_.backup.paths.empty()) check_roots(order_.backup.paths).value();
    const GearTable table(world_.vault.keys().splitter_key());
    SourceReader reader(table, world_.vault.descriptor().sizes, &recogniser, pipeline);
    for (const CommandSource& command : order_.backup.commands) read_command(command, reader);
    walking = std::thread([&] { walk_sources(found); });
    found.drain(reader);
    reader.finish();
    pipeline.finish();
  });
  if (!done) pipeline.fail(done.error()), found.stop();
  if (walking.joinable()) walking.join();
}

void Attempt::read_command(const CommandSource& command, SourceReader& reader) {
  SK_CHECK(request_.start_command);
  const StartedCommand started = request_.start_command(command, [this] { return is_ending(); }).value();
  FileEntry file{.kind = FileKind::regular, .path = path_of(command), .mode = 0600, .uid = started.uid, .gid = started.gid};
  file.user = world_.names.user_name(file.uid), file.group = world_.names.group_name(file.gid);
  reader.hold(std::move(file), *started.output, world_.clock).value();
}

void Attempt::examine_empty(const EmptyRoot& root, FoundSink& found) {
  if (!memory_ && memory_whole_) return warnings_.push_back("source " + in_quotes(root.path) + " is an empty folder: should anything be mounted there?");
  std::optional<SourceProblem> problem = memory_ ? emptied_root(root, cache_.open_manifest(*memory_)) : untold_root(root);
  if (!problem) return;
  root_emptied_ = true;
  found.problem(std::move(*problem));
}

// A snapshot of empty roots alone would pass for one in which everything was deleted, and for the latest one.
void Attempt::refuse_nothing() const {
  const std::set<std::string> roots(order_.backup.paths.begin(), order_.backup.paths.end());
  const uint64_t files = summary_.files() - std::min<uint64_t>(summary_.files(), order_.backup.commands.size());   // of the roots
  if (roots.empty() || files > roots.size() || summary_.folders() < files) return;
  std::vector<std::string> names;
  for (const std::string& root : roots) names.push_back(in_quotes(root));
  const std::vector<std::string> problems = problems_.texts();
  throw Error(ErrorKind::not_found, "nothing to back up: nothing stands in " + joined(names, ", ") + ", or all of it is left out; no snapshot was made" +
                                        (problems.empty() ? "" : "; " + problems.front()));
}

PublicSection Attempt::public_section() const {
  const auto root = [](const std::vector<PackEntry>& packs, const VaultId& vault) {
    PackListRoot made{.packs = static_cast<uint32_t>(packs.size()), .blocks = {}};
    while (made.packs > 0 && packs[made.packs - 1].unused()) --made.packs;
    for (const Bytes& block : PackList(packs).blocks(vault)) made.blocks.push_back(pack_list_digest(block));
    return made;
  };
  const VaultDescriptor& vault = world_.vault.descriptor();
  PublicSection section{.vault = vault.vault, .epoch = vault.epoch, .snapshot = snapshot_, .sequence = head_.sequence + 1, .previous = head_.record};
  section.host = order_.host, section.job = order_.job, section.run = order_.run;
  section.began = began_, section.ended = world_.clock.now();
  section.state = {.partial = problems_.count() > 0, .degraded = degraded_};
  section.data_packs = root(data_packs_, vault.vault), section.metadata_packs = root(metadata_packs_, vault.vault);
  return section;
}

SecondMetadata Attempt::second_metadata() const {
  SecondMetadata second{.job = order_.job_name, .playbook = order_.playbook, .host = order_.host_name, .time = began_};
  summary_.write(second);
  second.new_bytes = sent_bytes_, second.unreadable = problems_.count(), second.paths = order_.backup.paths;
  second.redundancy = {order_.backup.data, order_.backup.parity}, second.privileges = order_.backup.privileges;
  second.left_out = left_out_of(order_.backup);
  for (const auto& [host, bytes] : bytes_by_system(data_packs_, metadata_packs_))
    second.systems.push_back({host, world_.targets.name_of(host), bytes});
  return second;
}

Bundle Attempt::make_bundle(const VaultPart& part) {
  const VaultDescriptor& vault = world_.vault.descriptor();
  Bundle bundle{.vault = vault.vault, .epoch = vault.epoch, .descriptor = world_.vault.descriptor_object(),
                .key_record = world_.vault.key_record_object()};
  for (const std::vector<PackEntry>* packs : {&data_packs_, &metadata_packs_})
    for (Bytes& block : PackList(*packs).blocks(vault.vault)) bundle.blocks.push_back(std::move(block));
  bundle.second = to_json(second_metadata());
  const SnapshotDraft draft{public_section(), bundle.second, world_.second_metadata_recipients, part};
  bundle.record = write_snapshot_record(draft, world_.vault.keys().metadata(), world_.vault.signer(), world_.random);
  return bundle;
}

// Systems that failed at the commit alone: the record that is in force says more than is true, and a second revision of it, to whoever
// answers, puts it right. The central hears of that one only.
void Attempt::say_degraded(const Bundle& bundle, const std::string& name) {
  const Bundle revised = degraded_revision(bundle, world_.vault, world_.random).value();
  const std::string revision = replace_waiting(world_.outbox, {name, OutboxStage::commit}, revised).value();
  (void)commit_.offer(revised, revision, layout_.parity);
  world_.outbox.move({revision, OutboxStage::commit}, OutboxStage::send).value();
}

// For the next backup; where it is lost it is made again from what systems hold. While a root is not there the memory stays that of the last snapshot
// which had it: it knows what belongs there, and nothing of it is stored twice when it is back; the journal goes on knowing what is new.
void Attempt::keep(const VaultPart& part) {
  if (root_emptied_) return log_info("the memory of the last snapshot stays as it is until every root is there again");
  const SnapshotMemory memory{snapshot_, began_, data_packs_, metadata_packs_, numbers_->rows(), part.manifest, part.table,
                              world_.targets.failed_hosts()};
  if (const Result<void> saved = cache_.save(memory); !saved) return log_warning("the memory of the last snapshot: " + saved.error().text());
  journal_.clear();                                      // what it held is in that memory, or in no snapshot
}

RunResult Attempt::result() const {
  const SnapshotState state{.partial = problems_.count() > 0, .degraded = degraded_ || outcome_.degraded};
  RunResult result{.run = order_.run, .state = std::string(name_of(state)), .snapshot = snapshot_.hex()};
  result.files = summary_.files(), result.bytes = summary_.bytes(), result.new_bytes = sent_bytes_;
  result.milliseconds = (world_.clock.boot_time() - boot_began_).count() / 1'000'000;
  problems_.write(result);
  result.warnings = warnings_;
  for (const std::string& failure : world_.targets.failures()) result.warnings.push_back(failure);
  return result;
}

void Attempt::report(const FileEntry* entry) {
  if (is_stopped()) throw stopped();
  if (entry) ++progress_.files, progress_.bytes += entry->kind == FileKind::regular ? entry->size : 0;
  const Duration now = world_.clock.boot_time();
  if (!request_.progress || now - last_report_ < kProgressStep) return;
  last_report_ = now;
  progress_.run = order_.run, progress_.phase = "backup";
  request_.progress(progress_);
}

// An attempt that fails before its own commit leaves what waits, which may come into force after the run has failed.
Error told_with_waiting(const Error& error, const Left& left, const std::optional<Outbox::Item>& waiting) {
  if (!waiting || !left.waiting || waiting->name != left.waiting->name) return error;
  return Error(error.kind(), error.text() + "; snapshot " + waiting->name + " of an attempt before is offered to the others again");
}

}  // namespace

RunResult run_backup(const BackupRequest& request, BackupWorld& world) {
  remove_leftovers(world.vault.folder());
  world.outbox.remove_leftovers();
  remove_retired_jobs(world.vault.folder(), request.order.job);
  Left left;
  for (int attempt = 1;; ++attempt) {
    Attempt current(request, world, left);
    try {
      return current.run();
    } catch (const Error& error) {
      if (current.lost_packs().empty() || attempt == kAttemptsMax) throw told_with_waiting(error, left, current.waiting());
      log_warning(std::to_string(current.lost_packs().size()) + " packs that were stored before can not be had: what they hold is read and stored again");
      left.lost.merge(current.lost_packs()), left.waiting = current.waiting();
    }
  }
}

}  // namespace sparekeep::agent

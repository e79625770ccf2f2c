// Every message once: its members for JSON, and the two functions instantiated.
#include "lib/wire/identity.h"
#include "lib/wire/job_definition.h"
#include "lib/wire/json.h"
#include "lib/wire/json_convert.h"
#include "lib/wire/order.h"
#include "lib/wire/privileged.h"
#include "lib/wire/report.h"
#include "lib/wire/run.h"
#include "lib/wire/second_metadata.h"
#include "lib/wire/shards.h"

namespace sparekeep {

BOOST_DESCRIBE_STRUCT(DaemonReport, (),
                      (host, program_version, now, capacity_bytes, available_bytes, stored_bytes, available_inodes, shards, master_epoch,
                       master_number))
BOOST_DESCRIBE_STRUCT(IdentityAnswer, (), (host, request, recipient, version))
BOOST_DESCRIBE_STRUCT(ReportAnswer, (), (master_epoch, master_number, master_digest, next_in_milliseconds))
BOOST_DESCRIBE_STRUCT(SignedOrder, (), (text, key, signature))
BOOST_DESCRIBE_STRUCT(Privileges, (), (restore, run))
BOOST_DESCRIBE_STRUCT(Hook, (), (run, user))
BOOST_DESCRIBE_STRUCT(CommandSource, (), (name, run, user))
BOOST_DESCRIBE_STRUCT(BackupOrder, (),
                      (paths, exclude, exclude_files, exclude_if_present, exclude_caches, exclude_larger_than, one_file_system, data, parity, compression,
                       privileges, before, after, commands))
BOOST_DESCRIBE_STRUCT(LeftOut, (), (exclude, exclude_if_present, exclude_caches, exclude_larger_than, one_file_system, exclude_files))
BOOST_DESCRIBE_STRUCT(RestoreOrder, (),
                      (vault, snapshot, source_host, key_box, path, include, exclude, target, overwrite, delete_extra, left_out,
                       numeric_owner, check_only, verify))
BOOST_DESCRIBE_STRUCT(ReachTarget, (), (id, name, address, port))
BOOST_DESCRIBE_STRUCT(ReachOrder, (), (systems))
BOOST_DESCRIBE_STRUCT(Order, (), (format, kind, run, job, host, host_name, job_name, playbook, issued, expires, backup, restore, reach))
BOOST_DESCRIBE_STRUCT(HostDefinition, (), (order, from_job, from_host, from_snapshot))
BOOST_DESCRIBE_STRUCT(JobDefinition, (), (tags, hosts))
BOOST_DESCRIBE_STRUCT(RunProgress, (), (run, phase, files, files_total, bytes, bytes_total, new_bytes))
BOOST_DESCRIBE_STRUCT(RunError, (), (kind, path, text))
BOOST_DESCRIBE_STRUCT(RunResult, (), (run, state, snapshot, files, bytes, new_bytes, changed, milliseconds, changes, errors, warnings))
BOOST_DESCRIBE_STRUCT(PrivilegedRequest, (), (protocol, step, command, order))
BOOST_DESCRIBE_STRUCT(PrivilegedAnswer, (), (protocol, state, progress, result, kind, text))
BOOST_DESCRIBE_STRUCT(Amount, (), (files, bytes))
BOOST_DESCRIBE_STRUCT(SystemAmount, (), (id, name, bytes))
BOOST_DESCRIBE_STRUCT(OwnerAmount, (), (user, group, files, bytes))
BOOST_DESCRIBE_STRUCT(RedundancyView, (), (data, parity))
BOOST_DESCRIBE_STRUCT(SecondMetadata, (),
                      (format, job, playbook, host, time, files, bytes, new_bytes, unreadable, paths, redundancy, systems, types,
                       extensions, owners, privileges, left_out))
BOOST_DESCRIBE_STRUCT(HoldsRequest, (), (shards))
BOOST_DESCRIBE_STRUCT(HoldsAnswer, (), (held))
BOOST_DESCRIBE_STRUCT(CommitRefusal, (), (missing, missing_blocks))
BOOST_DESCRIBE_STRUCT(NameList, (), (names))
BOOST_DESCRIBE_STRUCT(HeldRecord, (), (snapshot, revision, sequence, received, digest))
BOOST_DESCRIBE_STRUCT(HeldRecords, (), (records))
BOOST_DESCRIBE_STRUCT(HeldTally, (), (vault, records, digest))
BOOST_DESCRIBE_STRUCT(HeldTallies, (), (vaults))
BOOST_DESCRIBE_STRUCT(NewestHeld, (), (snapshot, revision, sequence))
BOOST_DESCRIBE_STRUCT(Hello, (),
                      (protocol, program, program_version, host, features, master_epoch, master_number, master_digest, available_bytes, now, newest, report))

template <typename Message>
std::string to_json(const Message& message) {
  return wire::json::serialize(wire::write(message));
}

template <typename Message>
Result<Message> from_json(std::string_view text) {
  wire::json::error_code fault;
  const wire::json::value value = wire::json::parse(wire::json::string_view(text.data(), text.size()), fault);
  if (fault) return Error(ErrorKind::corrupt, "not JSON: " + fault.message());
  try {
    Message message{};
    wire::read(value, message);
    return message;
  } catch (const Error& error) {
    return error;
  }
}

template std::string to_json<DaemonReport>(const DaemonReport&);
template std::string to_json<IdentityAnswer>(const IdentityAnswer&);
template std::string to_json<ReportAnswer>(const ReportAnswer&);
template std::string to_json<SignedOrder>(const SignedOrder&);
template std::string to_json<Privileges>(const Privileges&);
template std::string to_json<Hook>(const Hook&);
template std::string to_json<BackupOrder>(const BackupOrder&);
template std::string to_json<RestoreOrder>(const RestoreOrder&);
template std::string to_json<Order>(const Order&);
template std::string to_json<JobDefinition>(const JobDefinition&);
template std::string to_json<RunProgress>(const RunProgress&);
template std::string to_json<RunError>(const RunError&);
template std::string to_json<RunResult>(const RunResult&);
template std::string to_json<PrivilegedRequest>(const PrivilegedRequest&);
template std::string to_json<PrivilegedAnswer>(const PrivilegedAnswer&);
template std::string to_json<Amount>(const Amount&);
template std::string to_json<SystemAmount>(const SystemAmount&);
template std::string to_json<OwnerAmount>(const OwnerAmount&);
template std::string to_json<RedundancyView>(const RedundancyView&);
template std::string to_json<SecondMetadata>(const SecondMetadata&);
template std::string to_json<HoldsRequest>(const HoldsRequest&);
template std::string to_json<HoldsAnswer>(const HoldsAnswer&);
template std::string to_json<CommitRefusal>(const CommitRefusal&);
template std::string to_json<NameList>(const NameList&);
template std::string to_json<HeldRecord>(const HeldRecord&);
template std::string to_json<HeldRecords>(const HeldRecords&);
template std::string to_json<HeldTallies>(const HeldTallies&);
template std::string to_json<Hello>(const Hello&);

template Result<DaemonReport> from_json<DaemonReport>(std::string_view);
template Result<IdentityAnswer> from_json<IdentityAnswer>(std::string_view);
template Result<ReportAnswer> from_json<ReportAnswer>(std::string_view);
template Result<SignedOrder> from_json<SignedOrder>(std::string_view);
template Result<Privileges> from_json<Privileges>(std::string_view);
template Result<Hook> from_json<Hook>(std::string_view);
template Result<BackupOrder> from_json<BackupOrder>(std::string_view);
template Result<RestoreOrder> from_json<RestoreOrder>(std::string_view);
template Result<Order> from_json<Order>(std::string_view);
template Result<JobDefinition> from_json<JobDefinition>(std::string_view);
template Result<RunProgress> from_json<RunProgress>(std::string_view);
template Result<RunError> from_json<RunError>(std::string_view);
template Result<RunResult> from_json<RunResult>(std::string_view);
template Result<PrivilegedRequest> from_json<PrivilegedRequest>(std::string_view);
template Result<PrivilegedAnswer> from_json<PrivilegedAnswer>(std::string_view);
template Result<Amount> from_json<Amount>(std::string_view);
template Result<SystemAmount> from_json<SystemAmount>(std::string_view);
template Result<OwnerAmount> from_json<OwnerAmount>(std::string_view);
template Result<RedundancyView> from_json<RedundancyView>(std::string_view);
template Result<SecondMetadata> from_json<SecondMetadata>(std::string_view);
template Result<HoldsRequest> from_json<HoldsRequest>(std::string_view);
template Result<HoldsAnswer> from_json<HoldsAnswer>(std::string_view);
template Result<CommitRefusal> from_json<CommitRefusal>(std::string_view);
template Result<NameList> from_json<NameList>(std::string_view);
template Result<HeldRecord> from_json<HeldRecord>(std::string_view);
template Result<HeldRecords> from_json<HeldRecords>(std::string_view);
template Result<HeldTallies> from_json<HeldTallies>(std::string_view);
template Result<Hello> from_json<Hello>(std::string_view);

}  // namespace sparekeep

#include "installer/jobs/order_making.h"

#include "installer/jobs/snapshot_name.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kNewest = "latest";

Result<SnapshotEntry> source_of(Catalogue& catalogue, const HostDefinition& definition) {
  const std::string source = "job " + in_quotes(definition.from_job) + " on host " + in_quotes(definition.from_host);
  try {
    if (definition.from_snapshot != kNewest) return resolve_snapshot(catalogue, definition.from_snapshot);
    std::optional<SnapshotEntry> snapshot = latest_snapshot(catalogue, definition.from_job, definition.from_host);
    if (snapshot) return std::move(*snapshot);
  } catch (const Error& error) {
    return Error(ErrorKind::not_found, error.text());
  }
  return Error(ErrorKind::not_found, "there is no snapshot of " + source + "; run that backup first");
}

}  // namespace

Result<Order> make_order(Catalogue& catalogue, const OrderInput& input) {
  Order order = input.definition.order;
  order.job = input.job.id;
  order.host = input.host;
  if (order.kind != "restore") return order;
  const Result<SnapshotEntry> source = source_of(catalogue, input.definition);
  if (!source) return source.error();
  order.restore.vault = source->vault;
  order.restore.snapshot = source->id;
  set_left_out(order, source->metadata.left_out);
  order.restore.source_host = source->host;
  order.restore.check_only = input.check;
  return order;
}

}  // namespace sparekeep::central

// Certificates of hosts in the SQLite catalogue.
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/sqlite_row.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kCertificateColumns = "SELECT serial, host, roles, issued, ended FROM certificates ";

CertificateEntry read_entry(const Statement& row) {
  return {.serial = row.text(0), .host = id_at<HostId>(row, 1), .roles = roles_at(row, 2), .issued = time_at(row, 3), .ended = time_at(row, 4)};
}

}  // namespace

void SqliteCatalogue::note_certificate(const CertificateEntry& certificate) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  {
    Statement statement = database_.statement("INSERT OR IGNORE INTO certificates VALUES (?1, ?2, ?3, ?4, ?5)");
    statement.bind(1, certificate.serial).bind(2, certificate.host.bytes()).bind(3, roles_text(certificate.roles));
    statement.bind(4, certificate.issued.nanoseconds).bind(5, certificate.ended.nanoseconds).run();
  }
  if (std::optional<HostEntry> host = find_host(certificate.host)) {
    host->roles.insert(certificate.roles.begin(), certificate.roles.end());
    put_host_row(*host);
  }
  transaction.commit();
}

std::vector<CertificateEntry> SqliteCatalogue::certificates(const HostId& host) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kCertificateColumns) + "WHERE host = ?1 ORDER BY issued, rowid");
  statement.bind(1, host.bytes());
  return all_rows(statement, read_entry);
}

std::vector<CertificateEntry> SqliteCatalogue::certificates_ended(Time before) {
  const std::lock_guard lock(mutex_);
  Statement statement = database_.statement(std::string(kCertificateColumns) + "WHERE ended < ?1 ORDER BY ended, rowid");
  statement.bind(1, before.nanoseconds);
  return all_rows(statement, read_entry);
}

void SqliteCatalogue::forget_certificates(Time ended_before) {
  const std::lock_guard lock(mutex_);
  database_.statement("DELETE FROM certificates WHERE ended < ?1").bind(1, ended_before.nanoseconds).run();
}

}  // namespace sparekeep::central

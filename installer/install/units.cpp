#include "installer/install/units.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kHead = "# written by sparekeep install: what is changed here by hand is set back by the next one\n";

// What both programs can do without.
constexpr std::string_view kHardening = R"(NoNewPrivileges=yes
UMask=0077
ProtectSystem=strict
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
KeyringMode=private
RemoveIPC=yes
DevicePolicy=closed
LimitNOFILE=65536
LimitCORE=0
)";

std::string unit_head(std::string_view description) {
  return std::string(kHead) + "[Unit]\nDescription=" + std::string(description) + "\n";
}

// Started anew whenever it ends, and never given up: nobody looks at it for months.
std::string service_text(const Service& service, std::string_view description) {
  const std::string name(service.program);
  return unit_head(description) + "After=network-online.target time-sync.target\nWants=network-online.target\nStartLimitIntervalSec=0\n\n[Service]\n"
         "Type=notify\nExecStart=" +
         program_file(service.program) + " serve\nUser=" + name + "\nGroup=" + name + "\nRuntimeDirectory=" + name +
         "\nRestart=always\nRestartSec=2\nTimeoutStartSec=60\nTimeoutStopSec=30\n" + std::string(kHardening);
}

constexpr std::string_view kInstall = "\n[Install]\nWantedBy=multi-user.target\n";

// To write any file's content and metadata, and to give the process that parses another user: nothing else. A hook is whatever an admin
// signed, and has no bounds.
constexpr std::string_view kRestoreRights = R"(CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP
CapabilityBoundingSet=CAP_LINUX_IMMUTABLE CAP_SYS_ADMIN CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL
NoNewPrivileges=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
)";

bool lies_in_a_home(const std::string& path) {
  for (const std::string_view home : {"/home", "/root", "/run/user"})
    if (path == home || path.starts_with(std::string(home) + "/")) return true;
  return false;
}

// A path as systemd reads one: specifiers and quoting taken literally.
std::string unit_path(const std::string& path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '%') out += '%';
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string daemon_unit_text(const Host& host) {
  const std::string home = lies_in_a_home(host.storage.path) ? "no" : "yes";
  return service_text(kDaemonService, "Sparekeep: keeps encrypted backups of others on spare disk") + "CapabilityBoundingSet=\nProtectHome=" + home +
         "\nPrivateTmp=yes\nPrivateDevices=yes\nPrivateUsers=yes\nProtectProc=invisible\nProcSubset=pid\n"
         "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\nReadWritePaths=" +
         std::string(kDaemonService.state) + " " + unit_path(host.storage.path) + "\n" + std::string(kInstall);
}

// It reads what it backs up: homes, devices' names and other users' files, and nothing there can it write.
std::string agent_unit_text() {
  return service_text(kAgentService, "Sparekeep: backs up and restores files of this host") +
         "CapabilityBoundingSet=CAP_DAC_READ_SEARCH\nAmbientCapabilities=CAP_DAC_READ_SEARCH\nProtectHome=read-only\n"
         "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\nReadWritePaths=" +
         std::string(kAgentService.state) + "\n" + std::string(kInstall);
}

std::string socket_unit_text(std::string_view order) {
  const std::string name(order), user(kAgentService.program);
  return unit_head("Sparekeep: takes a signed " + name + " order") + "\n[Socket]\nListenStream=/run/sparekeep/" + name +
         ".sock\nSocketUser=" + user + "\nSocketMode=0600\nAccept=yes\nMaxConnections=16\n\n[Install]\nWantedBy=sockets.target\n";
}

std::string order_unit_text(std::string_view order) {
  const std::string name(order);
  const std::string_view rights = order == "hook" ? std::string_view() : kRestoreRights;
  return unit_head("Sparekeep: carries out one signed " + name + " order") + "CollectMode=inactive-or-failed\n\n[Service]\nType=simple\nExecStart=" +
         program_file(kAgentService.program) + " " + name + "-order\nStandardInput=socket\nStandardOutput=socket\nStandardError=journal\n"
         "LimitNOFILE=65536\nLimitCORE=0\n" + std::string(rights);
}

}  // namespace sparekeep::central

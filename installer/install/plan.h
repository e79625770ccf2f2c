// The difference between what a host should look like and what it looks like. Pure: it decides, and touches nothing.
#pragma once

#include <functional>

#include "installer/install/desired.h"

namespace sparekeep::central {

struct CertificateCheck {                          // against what the certificates that lie on a host are held
  std::string authority_pem;
  Time now;
  std::function<bool(const std::string& serial)> revoked;
};

struct UserMend {                                  // a system user that is there and is not as install makes it
  std::string name;
  std::vector<std::string> wrong;                  // what is found: "shell /bin/bash"
  std::vector<std::string> options;                // of usermod
  bool stops = false;                              // its program, meanwhile
  bool restarts = false;                           // its program, which has taken along what was wrong
};

struct Plan {
  std::string release;                             // that is to run
  bool switches = false;                           // `current` does not lead to it yet
  bool proves = false;                             // whether it works here is not known yet
  bool tidies = false;                             // something lies about that an interrupted run or an older layout left
  std::vector<std::string> users;                  // to be made
  std::vector<UserMend> mends;                     // to be set back
  std::vector<DesiredFolder> folders;              // to be made, or given their mode and owner
  std::vector<DesiredFolder> keys;                 // private keys to be given their mode and owner
  std::set<std::string> leftovers;                 // of a run that was broken off, to be removed
  std::vector<DesiredFile> programs;               // to be placed
  std::vector<DesiredFile> settings;               // the same, delegation and configuration
  std::vector<DesiredFile> units;                  // the same
  std::vector<std::string> links;                  // units to be enabled
  bool reload = false;                             // systemd has to read units anew
  std::vector<std::string> unread;                 // to be stopped before that: what systemd has of them is not their files
  std::vector<std::string> strays;                 // units to be stopped and removed: systemd supervised the host before
  std::vector<Service> certificates;               // to be asked for and placed
  bool make_storage = false;                       // folder and marker of the daemon
  std::vector<Service> starts;                     // to be stopped where they run, and started
  std::vector<Service> rereads;                    // that take their settings up without that: what else could start them has not changed
  std::vector<std::string> sockets;                // to be started anew
  bool empty() const;
  bool only_rereads() const;                       // nothing but one file of settings changes
};

// Throws failed where a daemon that has stored before misses its marker: the disk is not mounted, or it was lost; where a folder
// that is to store shards holds other files; and where something else stands in a folder's place.
Plan make_plan(const Host& host, const HostFacts& facts, const DesiredState& desired, const CertificateCheck& check);

// "'/etc/systemd/system/sparekeepd.service.d/x.conf' sets ExecStart"; empty: nothing that install relies on.
std::string what_drop_ins_set(const UnitFact& unit);

// Why a service is started: "not running", "daemon.toml changed", ...; empty where it is not.
std::string reason_to_start(const Service& service, const HostFacts& facts, const Plan& plan, Supervision supervision);

}  // namespace sparekeep::central

// libssh's handles die with their scope. Only files of this folder include this one.
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <memory>
#include <string>

namespace sparekeep::central {

struct SshDeleter {
  void operator()(ssh_session session) const { ssh_free(session); }
  void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
  void operator()(ssh_key key) const { ssh_key_free(key); }
  void operator()(char* text) const { ssh_string_free_char(text); }
  void operator()(ssh_knownhosts_entry* entry) const { ssh_knownhosts_entry_free(entry); }
};

using SessionHandle = std::unique_ptr<ssh_session_struct, SshDeleter>;
using ChannelHandle = std::unique_ptr<ssh_channel_struct, SshDeleter>;
using KeyHandle = std::unique_ptr<ssh_key_struct, SshDeleter>;
using TextHandle = std::unique_ptr<char, SshDeleter>;
using KnownHostHandle = std::unique_ptr<ssh_knownhosts_entry, SshDeleter>;

std::string ssh_option(ssh_session session, ssh_options_e option);      // empty: not set

}  // namespace sparekeep::central

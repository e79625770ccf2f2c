// `init`: makes the central's state.
#include "installer/central/init.h"

#include "installer/commands/commands.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

EscrowMode escrow_mode(const Arguments& arguments) {
  const std::string mode = arguments.value("escrow").value();
  return mode == name_of(EscrowMode::offline) ? EscrowMode::offline : EscrowMode::central;
}

InitOptions options_of(const Arguments& arguments, Console& console) {
  InitOptions options{.state = arguments.value("state").value()};
  if (const std::optional<std::string> file = arguments.value("recovery-key")) options.recovery_file = *file;
  if (const std::optional<std::string> file = arguments.value("admin-key")) options.admin_file = *file;
  options.escrow = escrow_mode(arguments);
  if (console.prints_to_terminal() && !console.json()) {
    options.print_recovery = [&console](std::string_view text) {
      console.print("The recovery file follows. It is shown this once and kept nowhere: save it, in two places, offline.\n");
      console.print(text);
    };
  }
  return options;
}

Outcome run(const CommandContext& context) {
  const InitOptions options = options_of(context.arguments, context.console);
  const InitOutcome outcome = init_central(options, system_clock(), system_random());
  const std::string state = std::filesystem::absolute(options.state).lexically_normal().string();
  context.console.json(JsonObject()
                           .set("state", state)
                           .set("id", outcome.central.hex())
                           .set("root", outcome.root.hex())
                           .set("authority_fingerprint", outcome.authority_fingerprint.hex()));
  context.console.print("made the central's state in " + in_quotes(state));
  context.console.print("certificate authority, SHA-256: " + outcome.authority_fingerprint.hex());
  if (options.recovery_file) context.console.print("the recovery key is in " + in_quotes(options.recovery_file->string()) + ": take it offline");
  return {};
}

}  // namespace

Command init_command() {
  Command command;
  command.name = "init";
  command.group = "The central";
  command.summary = "make the central's state: certificate authority, signing keys, catalogue";
  command.options = {{.name = "recovery-key", .taking = Taking::value, .value_name = "FILE",
                      .documentation = "write the recovery key there, mode 0600; needed without a terminal; never overwrites",
                      .meaning = Meaning::file},
                     {.name = "admin-key", .taking = Taking::value, .value_name = "FILE",
                      .documentation = "write the admin's signing key there instead of STATE/admin.key", .meaning = Meaning::file},
                     {.name = "escrow", .taking = Taking::value, .value_name = "WHERE",
                      .documentation = "central: the central can open vault keys, and logs it; offline: the recovery key alone can", .fallback = "central",
                      .choices = {std::string(name_of(EscrowMode::central)), std::string(name_of(EscrowMode::offline))}}};
  command.example = "sparekeep init --state /var/lib/sparekeep/central --recovery-key /media/usb/recovery";
  command.run = [](CommandContext& context) { return run(context); };
  return command;
}

}  // namespace sparekeep::central

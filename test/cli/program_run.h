// Runs a program as a user does and keeps what it said.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sparekeep {

struct ProgramRun {
  int code = -1;                             // exit code; 128 + signal where one ended it
  std::string out, err;
};

struct SentSignal {                          // to the program, once a file is there
  int signal = 0;                            // 0: none
  std::filesystem::path once;
};

// `program` lies beside this test. `environment` is added to this process' own; what the program says goes through files in `scratch`.
ProgramRun run_beside(const std::string& program, const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                      const std::filesystem::path& scratch, const SentSignal& sent = {});

}  // namespace sparekeep

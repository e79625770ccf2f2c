// What the process that reads a snapshot asks of the one that may write the target, and the answers: binary, because names and attributes are
// bytes. Every field of a question is foreign to who answers it: bounded here, and its places held to the rules of agent/restore/beneath.h there.
#pragma once

#include <string>
#include <vector>

#include "lib/base/file_entry.h"

namespace sparekeep::agent {

enum class TargetStep : uint8_t {
  open = 1,           // -> found (false: check_only, and there is no target); owner, flags of its MetadataOptions
  make_folder,        // place
  make_parents,       // place
  begin_file,         // place, entry -> number, and a descriptor beside the answer
  commit_file,        // number
  drop_file,          // number
  make_special,       // place, entry
  make_hard_link,     // place, other place
  set_metadata,       // place, entry
  remove,             // place
  current,            // place -> found, entry
  list,               // place -> names
  leftovers,          // place -> names
  open_content,       // place -> a descriptor beside the answer
  same_file,          // place, other place -> found
  sync,
  write_files,        // files -> outcomes: each begun, written, read back where the order wants that, and committed
  progress,           // text: JSON of a RunProgress
  end,                // text: JSON of the last PrivilegedAnswer
  is_mounted,         // place -> found
};

struct SentFile {
  std::string place;
  FileEntry entry;
  ByteSpan content;                          // in the message that it was read from
};

struct TargetQuestion {
  TargetStep step = TargetStep::open;
  uint32_t number = 0;
  std::string place, other, text;
  FileEntry entry;
  std::vector<SentFile> files;
};

struct TargetWarning {
  std::string place, text;
};

struct TargetAnswer {
  bool found = false;
  bool owner = false, flags = false;
  uint32_t number = 0;
  FileEntry entry;
  std::vector<std::string> names;
  std::vector<TargetWarning> warnings;
  std::vector<Result<void>> outcomes;
  bool failed = false;                       // then kind and text say why
  ErrorKind kind = ErrorKind::failed;
  std::string text;
};

// Of an entry only what metadata is made from, and which file it is, under how many names: no extents, no hard link.
std::string write_question(const TargetQuestion& question);
Result<TargetQuestion> read_question(std::string_view message);      // corrupt
std::string write_answer(const TargetAnswer& answer);
Result<TargetAnswer> read_answer(std::string_view message);          // corrupt

constexpr size_t kTargetMessageMax = 64 << 20;                       // names of a large folder
constexpr size_t kFilesMax = 256;                                    // in one question
constexpr size_t kContentBytesMax = 512 << 10;                       // of a file in it

}  // namespace sparekeep::agent

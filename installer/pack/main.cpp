// Run by the build alone: pack_programs PROGRAM... compresses each of them, into PROGRAM.gz beside it (packed_program.h).
#include <exception>
#include <iostream>

#include "installer/install/packed_program.h"

int main(int count, char** words) {
  try {
    for (int i = 1; i < count; ++i) {
      const sparekeep::Path program = words[i];
      const sparekeep::Bytes bytes = sparekeep::read_file(program, UINT64_MAX).value();
      sparekeep::write_durably(sparekeep::central::packed_file(program), sparekeep::central::pack_program(bytes)).value();
    }
    return 0;
  } catch (const std::exception& fault) {
    std::cerr << "pack_programs: " << fault.what() << '\n';
    return 1;
  }
}

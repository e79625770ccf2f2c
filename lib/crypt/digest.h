// SHA-256, whole and in pieces.
#pragma once

#include <memory>

#include "lib/base/id.h"

namespace sparekeep {

Digest sha256(ByteSpan bytes);

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& update(ByteSpan bytes);
  Digest finish();                       // ready for the next message afterwards

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace sparekeep

// How lib/crypt holds what OpenSSL hands out: a unique_ptr that frees with the library's own function. This header names
// no type of OpenSSL, so that the library's headers stay in this folder's .cpp files.
//
// A call of OpenSSL that can fail only through a mistake of ours or for want of memory is held by SK_CHECK; one that
// depends on foreign bytes gives a Result.
#pragma once

#include <memory>

namespace sparekeep {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const noexcept {
    kFree(handle);
  }
};

template <typename T, auto kFree>
using Handle = std::unique_ptr<T, FreeWith<kFree>>;

// Takes away what OpenSSL puts on this thread's list of errors during its life: a refusal here must not look like a broken
// connection to whoever reads that list next.
class QuietErrors {
 public:
  QuietErrors();
  ~QuietErrors();
  QuietErrors(const QuietErrors&) = delete;
};

}  // namespace sparekeep

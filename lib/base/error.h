// The two kinds of failure of this project, and the rule between them.
//
// Where the caller has another move (next system, retry, skip this file) a failure is a value, Result<T>. Where only the
// command, the request or the worker of one host or one file can answer, the same Error is thrown; it gathers context on
// the way up and is caught in those three places only. Our own bug is SK_CHECK, which aborts.
//
// Text of an error: lower case, values quoted with '', what was expected, no full stop; context comes before, each
// phrase followed by ": ".
#pragma once

#include <boost/system/result.hpp>
#include <exception>
#include <string>
#include <string_view>

namespace sparekeep {

enum class ErrorKind {
  failed,         // anything without a better name
  usage,          // the command line, an inventory or a playbook is wrong
  no_state,       // no central state here
  busy,           // another command holds what this one needs
  denied,         // wrong key, or no privilege
  host_failed,    // a host or job failed, the others were carried through
  unreachable,    // nobody answered
  degraded,       // redundancy is below what was declared
  lost,           // something cannot be restored
  partial,        // a snapshot was made without some source files
  pending,        // --check --exit-code: changes are pending
  not_found,      // asked for, and not there
  exists,         // put over something else under the same name
  corrupt,        // bytes that do not verify or do not parse
  unsupported,    // a required feature bit, kind or version that this program does not know
  no_space,       // quota, keep_free or the file system
  timeout,        // a stated deadline has passed
  closed,         // a queue or connection was closed
  locked,         // the lock time of a stored object has not passed
  interrupted,    // SIGINT
  terminated,     // SIGTERM
};

class Error : public std::exception {
 public:
  Error() : kind_(ErrorKind::failed) {}  // what boost::system::result needs; never shown
  Error(ErrorKind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& text() const noexcept { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

  // The same error with a phrase of context in front: "installing 'store3': writing '/x': no space left on device".
  Error during(std::string_view context) const { return Error(kind_, std::string(context) + ": " + text_); }

 private:
  ErrorKind kind_;
  std::string text_;
};

template <typename T>
using Result = boost::system::result<T, Error>;

// Found by Result<T>::value(): turns the value into the exception.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) { throw error; }

// errno as text without locale: "no space left on device" is ENOSPC; the kind is no_space, denied, not_found, exists or failed.
Error system_error(std::string_view context, int error_number);

// Adds context to a failed result and leaves a good one alone.
template <typename T>
Result<T> during(std::string_view context, Result<T> result) {
  if (result) return result;
  return result.error().during(context);
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace sparekeep

// The only macro: an invariant of our own. It holds in release builds, too.
#define SK_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::sparekeep::check_failed(#condition, __FILE__, __LINE__))

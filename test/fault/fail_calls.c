// Preloaded into a program (LD_PRELOAD), makes its n-th call that touches a disk go wrong. One atomic counter over all chosen
// calls and all threads, so that a sweep over n = 1.. meets each of them. It does not see glibc's own stdio.
//
//   SK_FAIL_CALLS   which calls count, comma-separated, without the 64 of their large-file forms: read pread write pwrite
//                   writev fsync fdatasync rename link unlink ftruncate mkdir open (only where it creates) fallocate;
//                   default: all but read and pread
//   SK_FAIL_UNDER   only files below this folder (an absolute path without links in it)
//   SK_FAIL_PROGRAM only in programs of this name (of the file, at most 15 bytes)
//   SK_FAIL_AT      n; 0 counts only
//   SK_FAIL_ONWARDS 1: every call from the n-th on, like a disk that stays full
//   SK_FAIL_WITH    an errno (ENOSPC, EIO, ...): the call fails with it and has done nothing
//                   kill: the process dies before the call (SIGKILL)
//                   torn: half of what a write writes is written, then the process dies
//                   short: half is written or read, and that is what the call answers
//                   lie: the call answers success and has done nothing (an fsync that lies)
//   SK_FAIL_COUNTS  the counters' file, see counter.h
//
// Files 0 to 2 are never counted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test/fault/counter.h"

enum call { c_read, c_pread, c_write, c_pwrite, c_writev, c_fsync, c_fdatasync, c_rename, c_link, c_unlink, c_ftruncate, c_mkdir,
            c_open, c_fallocate, c_count };
enum outcome { go_on, failed, torn, cut_short, lied };

static const char* const kNames[c_count + 1] = {"read",   "pread", "write",  "pwrite",    "writev", "fsync", "fdatasync", "rename",
                                                "link",   "unlink", "ftruncate", "mkdir", "open",  "fallocate", NULL};

static struct {
  bool on;
  bool counts[c_count];
  bool onwards;
  long at;
  enum outcome outcome;
  int error;  // 0 with `failed`: kill
  const char* under;
} plan;

static bool listed(const char* list, const char* name) {
  const size_t length = strlen(name);
  for (const char* at = list; (at = strstr(at, name)); at += length)
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return true;
  return false;
}

static void choose_outcome(const char* with) {
  plan.outcome = failed;
  if (!with || strcmp(with, "kill") == 0) return;
  if (strcmp(with, "torn") == 0) plan.outcome = torn;
  if (strcmp(with, "short") == 0) plan.outcome = cut_short;
  if (strcmp(with, "lie") == 0) plan.outcome = lied;
  if (plan.outcome != failed) return;
  for (int i = 1; i < 200; ++i) {
    const char* name = strerrorname_np(i);
    if (name && strcmp(name, with) == 0) plan.error = i;
  }
  if (plan.error == 0) abort();  // a fault that nobody knows must not pass for none
}

__attribute__((constructor)) static void read_plan(void) {
  const char* program = getenv("SK_FAIL_PROGRAM");
  if (program && *program && strncmp(program, program_invocation_short_name, 15) != 0) return;
  const char* calls = getenv("SK_FAIL_CALLS");
  for (int i = 0; i < c_count; ++i) plan.counts[i] = calls && *calls ? listed(calls, kNames[i]) : i != c_read && i != c_pread;
  plan.at = counters_setting("SK_FAIL_AT");
  plan.onwards = counters_setting("SK_FAIL_ONWARDS") != 0;
  plan.under = getenv("SK_FAIL_UNDER");
  choose_outcome(getenv("SK_FAIL_WITH"));
  counters_open(kNames);
  plan.on = true;
}

static void* next(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

_Noreturn static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Is the file, or the name below the folder `fd`, below SK_FAIL_UNDER?
static bool chosen(int fd, const char* path) {
  if (!plan.under || !*plan.under) return true;
  char whole[2 * PATH_MAX] = "";
  if (!path || *path != '/') {
    char link[64];
    snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, whole, PATH_MAX - 1);
    if (length < 0) return false;
    whole[length] = 0;
  }
  if (path) snprintf(whole + strlen(whole), PATH_MAX, "%s%s", *path == '/' ? "" : "/", path);
  return strncmp(whole, plan.under, strlen(plan.under)) == 0;
}

// What this call has to do. `failed` has set errno.
static enum outcome judge(enum call call, int fd, const char* path) {
  if (!plan.on || !plan.counts[call] || (!path && fd >= 0 && fd <= 2)) return go_on;
  const int before = errno;
  const bool counted = chosen(fd, path);
  errno = before;
  if (!counted || !counters_hit(call, plan.at, plan.onwards)) return go_on;
  if (plan.outcome != failed) return plan.outcome;
  if (plan.error == 0) die();
  errno = plan.error;
  return failed;
}

// For calls that are done or not done: 0 is success.
static bool passes(enum call call, int fd, const char* path, int* answer) {
  const enum outcome outcome = judge(call, fd, path);
  if (outcome == go_on || outcome == cut_short) return true;
  if (outcome == torn) die();
  *answer = outcome == lied ? 0 : -1;
  return false;
}

typedef ssize_t write_call(int, const void*, size_t);
typedef ssize_t pwrite_call(int, const void*, size_t, off_t);

static size_t half(size_t length) { return length > 1 ? length / 2 : length; }

ssize_t write(int fd, const void* bytes, size_t length) {
  write_call* real = (write_call*)next("write");
  const enum outcome outcome = judge(c_write, fd, NULL);
  if (outcome == failed) return -1;
  if (outcome == lied) return (ssize_t)length;
  if (outcome == torn) {
    if (real(fd, bytes, length / 2) >= 0) die();
    die();
  }
  return real(fd, bytes, outcome == cut_short ? half(length) : length);
}

ssize_t pwrite(int fd, const void* bytes, size_t length, off_t offset) {
  pwrite_call* real = (pwrite_call*)next("pwrite64");
  const enum outcome outcome = judge(c_pwrite, fd, NULL);
  if (outcome == failed) return -1;
  if (outcome == lied) return (ssize_t)length;
  if (outcome == torn) {
    if (real(fd, bytes, length / 2, offset) >= 0) die();
    die();
  }
  return real(fd, bytes, outcome == cut_short ? half(length) : length, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t length, off64_t offset) { return pwrite(fd, bytes, length, offset); }

ssize_t writev(int fd, const struct iovec* parts, int count) {
  int answer;
  if (!passes(c_writev, fd, NULL, &answer)) {
    if (answer != 0) return -1;
    ssize_t whole = 0;
    for (int i = 0; i < count; ++i) whole += (ssize_t)parts[i].iov_len;
    return whole;
  }
  return ((ssize_t(*)(int, const struct iovec*, int))next("writev"))(fd, parts, count);
}

ssize_t read(int fd, void* bytes, size_t length) {
  const enum outcome outcome = judge(c_read, fd, NULL);
  if (outcome == torn) die();
  if (outcome == failed) return -1;
  if (outcome == lied) return 0;
  return ((ssize_t(*)(int, void*, size_t))next("read"))(fd, bytes, outcome == cut_short ? half(length) : length);
}

ssize_t pread(int fd, void* bytes, size_t length, off_t offset) {
  const enum outcome outcome = judge(c_pread, fd, NULL);
  if (outcome == torn) die();
  if (outcome == failed) return -1;
  if (outcome == lied) return 0;
  return ((ssize_t(*)(int, void*, size_t, off_t))next("pread64"))(fd, bytes, outcome == cut_short ? half(length) : length, offset);
}
ssize_t pread64(int fd, void* bytes, size_t length, off64_t offset) { return pread(fd, bytes, length, offset); }

int fsync(int fd) {
  int answer;
  return passes(c_fsync, fd, NULL, &answer) ? ((int (*)(int))next("fsync"))(fd) : answer;
}

int fdatasync(int fd) {
  int answer;
  return passes(c_fdatasync, fd, NULL, &answer) ? ((int (*)(int))next("fdatasync"))(fd) : answer;
}

int ftruncate(int fd, off_t length) {
  int answer;
  return passes(c_ftruncate, fd, NULL, &answer) ? ((int (*)(int, off_t))next("ftruncate64"))(fd, length) : answer;
}
int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

int fallocate(int fd, int mode, off_t offset, off_t length) {
  int answer;
  if (!passes(c_fallocate, fd, NULL, &answer)) return answer;
  return ((int (*)(int, int, off_t, off_t))next("fallocate64"))(fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) { return fallocate(fd, mode, offset, length); }

int posix_fallocate(int fd, off_t offset, off_t length) {  // answers the errno itself
  int answer;
  if (!passes(c_fallocate, fd, NULL, &answer)) return answer == 0 ? 0 : errno;
  return ((int (*)(int, off_t, off_t))next("posix_fallocate64"))(fd, offset, length);
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) { return posix_fallocate(fd, offset, length); }

int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned int flags) {
  int answer;
  if (!passes(c_rename, to_fd, to, &answer)) return answer;
  return ((int (*)(int, const char*, int, const char*, unsigned int))next("renameat2"))(from_fd, from, to_fd, to, flags);
}
int renameat(int from_fd, const char* from, int to_fd, const char* to) { return renameat2(from_fd, from, to_fd, to, 0); }
int rename(const char* from, const char* to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) {
  int answer;
  if (!passes(c_link, to_fd, to, &answer)) return answer;
  return ((int (*)(int, const char*, int, const char*, int))next("linkat"))(from_fd, from, to_fd, to, flags);
}
int link(const char* from, const char* to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int fd, const char* path, int flags) {
  int answer;
  return passes(c_unlink, fd, path, &answer) ? ((int (*)(int, const char*, int))next("unlinkat"))(fd, path, flags) : answer;
}
int unlink(const char* path) { return unlinkat(AT_FDCWD, path, 0); }

int mkdirat(int fd, const char* path, mode_t mode) {
  int answer;
  return passes(c_mkdir, fd, path, &answer) ? ((int (*)(int, const char*, mode_t))next("mkdirat"))(fd, path, mode) : answer;
}
int mkdir(const char* path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

static int open_below(int fd, const char* path, int flags, mode_t mode) {
  int answer = -1;
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (creates && !passes(c_open, fd, path, &answer)) {
    if (answer == 0) errno = EIO;  // there is no descriptor to lie with
    return -1;
  }
  return ((int (*)(int, const char*, int, ...))next("openat64"))(fd, path, flags, mode);
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_below(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_below(AT_FDCWD, path, flags, mode);
}

int openat(int fd, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_below(fd, path, flags, mode);
}

int openat64(int fd, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_below(fd, path, flags, mode);
}

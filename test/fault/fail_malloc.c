// Preloaded into a program (LD_PRELOAD), makes its n-th allocation find no memory. Not for builds with a sanitizer, which
// bring an allocator of their own.
//
//   SK_FAIL_MALLOC_AT       n; 0 counts only
//   SK_FAIL_MALLOC_ONWARDS  1: every allocation from the n-th on
//   SK_FAIL_COUNTS          the counters' file, see counter.h
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>

#include "test/fault/counter.h"

// The allocator under those names is glibc's; asking dlsym for it would allocate.
extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

enum call { c_malloc, c_calloc, c_realloc, c_memalign };

static struct {
  bool on, onwards;
  long at;
} plan;

__attribute__((constructor)) static void read_plan(void) {
  static const char* const kNames[] = {"malloc", "calloc", "realloc", "memalign", NULL};
  plan.at = counters_setting("SK_FAIL_MALLOC_AT");
  plan.onwards = counters_setting("SK_FAIL_MALLOC_ONWARDS") != 0;
  counters_open(kNames);
  plan.on = true;
}

static bool refused(enum call call) {
  if (!plan.on || !counters_hit(call, plan.at, plan.onwards)) return false;
  errno = ENOMEM;
  return true;
}

void* malloc(size_t bytes) { return refused(c_malloc) ? NULL : __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) { return refused(c_calloc) ? NULL : __libc_calloc(count, bytes); }
void* realloc(void* old, size_t bytes) { return refused(c_realloc) ? NULL : __libc_realloc(old, bytes); }
void* memalign(size_t alignment, size_t bytes) { return refused(c_memalign) ? NULL : __libc_memalign(alignment, bytes); }
void* aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void** place, size_t alignment, size_t bytes) {
  void* found = memalign(alignment, bytes);
  if (!found) return ENOMEM;
  *place = found;
  return 0;
}

#define _GNU_SOURCE
#include "test/fault/counter.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct row own_rows[kRowsMax];
static struct row* rows = own_rows;

static void map_rows(const char* path) {
  // By system calls, so that opening the counters is not itself counted.
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || syscall(SYS_ftruncate, fd, (long)sizeof own_rows) != 0) abort();
  void* place = mmap(NULL, sizeof own_rows, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (place == MAP_FAILED) abort();
  syscall(SYS_close, fd);
  rows = place;
}

void counters_open(const char* const* names) {
  const char* path = getenv("SK_FAIL_COUNTS");
  if (path && *path) map_rows(path);
  strncpy(rows[kRowTotal].name, "total", kNameBytes);
  strncpy(rows[kRowHit].name, "hit", kNameBytes);
  for (int i = 0; names[i]; ++i) strncpy(rows[kRowFirst + i].name, names[i], kNameBytes);
}

bool counters_hit(int index, long at, bool onwards) {
  atomic_fetch_add(&rows[kRowFirst + index].number, 1);
  const long number = atomic_fetch_add(&rows[kRowTotal].number, 1) + 1;
  const bool hit = at > 0 && (number == at || (onwards && number > at));
  if (hit) atomic_store(&rows[kRowHit].number, kRowFirst + index);
  return hit;
}

long counters_setting(const char* name) {
  const char* text = getenv(name);
  return text ? strtol(text, NULL, 10) : 0;
}

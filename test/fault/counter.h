// What the two fault libraries share: counting calls, and knowing which of them is the chosen one.
//
// The counters lie in a file that is mapped (environment SK_FAIL_COUNTS), so that they are shared by all processes of a
// run, need no orderly exit, and are read by the runner after a kill. Without the file they are counted in memory. The file
// is rows of 32 bytes: a name padded with zeros (24) and a little-endian number (8); row 0 is `total`, row 1 `hit` (which
// row was hit, 0 for none), then one row a kind of call.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

enum { kNameBytes = 24, kRowsMax = 64, kRowTotal = 0, kRowHit = 1, kRowFirst = 2 };

struct row {
  char name[kNameBytes];
  atomic_long number;
};

// Maps the counters and names the rows; `names` ends with NULL. Called once, before the program's main.
void counters_open(const char* const* names);

// Counts a call of the kind `index`; true: it is the `at`-th of all (with `onwards`: or a later one). `at` 0 hits nothing.
bool counters_hit(int index, long at, bool onwards);

// A number of the environment; 0 where it is not set.
long counters_setting(const char* name);

// A sparekeepd as a bad release has it: it ends at once or, with MUTE, says that it serves and then answers nobody. With MIGRATES (and SQLite) it
// has first given the index below --root a schema that is one later than it was, and is gone without closing it, as one that was killed.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef MUTE
static void say_ready(void) {
  const char* path = getenv("NOTIFY_SOCKET");
  const char* text = "READY=1";
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!path || socket_fd < 0 || strlen(path) >= sizeof address.sun_path) return;
  memcpy(address.sun_path, path, strlen(path));
  if (address.sun_path[0] == '@') address.sun_path[0] = 0;
  if (sendto(socket_fd, text, strlen(text), 0, (struct sockaddr*)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
    perror("NOTIFY_SOCKET");
}
#endif

#ifdef MIGRATES
#include <sqlite3.h>

static int take_version(void* version, int columns, char** values, char** names) {
  (void)columns, (void)names;
  *(int*)version = (int)strtol(values[0], NULL, 10);
  return 0;
}

static const char* root_of(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i)
    if (strcmp(argv[i], "--root") == 0) return argv[i + 1];
  return "";
}

static void migrate(const char* root) {
  char path[4096], steps[256];
  sqlite3* index = NULL;
  int version = 0;
  snprintf(path, sizeof path, "%s/var/lib/sparekeep/daemon/index.db", root);
  int code = sqlite3_open_v2(path, &index, SQLITE_OPEN_READWRITE, "unix-excl");
  if (code == SQLITE_OK) code = sqlite3_exec(index, "PRAGMA user_version", take_version, &version, NULL);
  snprintf(steps, sizeof steps, "BEGIN IMMEDIATE; ALTER TABLE pins ADD COLUMN later INTEGER NOT NULL DEFAULT 7; DROP TABLE named; PRAGMA user_version = %d; COMMIT",
           version + 1);
  if (code == SQLITE_OK) code = sqlite3_exec(index, steps, NULL, NULL, NULL);
  fprintf(stderr, "schema %d after %d: %s\n", version + 1, version, code == SQLITE_OK ? "migrated" : sqlite3_errmsg(index));
}
#endif

int main(int argc, char** argv) {
  (void)argc, (void)argv;
#ifdef MIGRATES
  migrate(root_of(argc, argv));
#endif
#ifdef MUTE
  say_ready();
  fputs("serving nobody\n", stderr);
  while (1) pause();
#else
  fputs("this release is broken\n", stderr);
  _exit(1);
#endif
}

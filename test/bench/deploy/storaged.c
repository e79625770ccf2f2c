// The daemon that peers install: reads its configuration, certificate and key, and answers on a port.
//
//   storaged CONFIGURATION
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void give_up(const char* what) {
  perror(what);
  exit(1);
}

// `key = "value"` or `key = number` of a line.
static int value_of(const char* line, const char* key, char* value, size_t size) {
  const size_t length = strlen(key);
  if (strncmp(line, key, length) != 0 || strncmp(line + length, " = ", 3) != 0) return 0;
  snprintf(value, size, "%s", line + length + 3 + (line[length + 3] == '"'));
  value[strcspn(value, "\"\n")] = 0;
  return 1;
}

static void read_whole(const char* path) {
  FILE* file = fopen(path, "r");
  if (!file || fgetc(file) == EOF) give_up(path);
  fclose(file);
}

static int read_settings(const char* path) {
  char line[512], value[512];
  int port = 0;
  FILE* file = fopen(path, "r");
  if (!file) give_up(path);
  while (fgets(line, sizeof line, file)) {
    if (value_of(line, "certificate", value, sizeof value) || value_of(line, "key", value, sizeof value)) read_whole(value);
    if (value_of(line, "port", value, sizeof value)) port = (int)strtol(value, NULL, 10);
  }
  fclose(file);
  return port;
}

int main(int count, char** words) {
  static const char kAnswer[] = "ok\n";
  if (count != 2) return 2;
  const int port = read_settings(words[1]), listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 16) != 0) give_up("listen");
  for (;;) {
    const int peer = accept(listener, NULL, NULL);
    if (peer < 0) continue;
    if (write(peer, kAnswer, sizeof kAnswer - 1) < 0) perror("write");
    close(peer);
  }
}

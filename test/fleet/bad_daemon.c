// A sparekeepd as a bad release has it: it ends at once or, with MUTE, says that it serves and then answers nobody.
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

int main(void) {
#ifdef MUTE
  say_ready();
  fputs("serving nobody\n", stderr);
  while (1) pause();
#else
  fputs("this release is broken\n", stderr);
  return 1;
#endif
}

// The controller's link with a delay, where the kernel has no netem: two taps, one in each of two network namespaces, and a queue
// each way. What comes in on one tap goes out on the other a fixed time later, in its order.
//
//   link_delay NAMESPACE TAP NAMESPACE TAP MICROSECONDS
//
// Says "ready" when both taps are there. They go when it ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { kFrameBytesMax = 2048, kFramesMax = 32768, kBurstMax = 64, kUsage = 2 };
static const long long kNanosecondsPerSecond = 1000000000;

struct frame {
  long long due;
  size_t bytes;
  char data[kFrameBytesMax];
};

// From one tap to the other. `taken` and `given` only grow; frames between them are under way.
struct way {
  int from, to;
  unsigned taken, given;
  struct frame* frames;
};

static void give_up(const char* what) {
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

static int open_tap(const char* name_space, const char* tap) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name_space);
  const int place = open(path, O_RDONLY | O_CLOEXEC);
  if (place < 0 || setns(place, CLONE_NEWNET) != 0) give_up(path);
  close(place);
  const int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strncpy(request.ifr_name, tap, IFNAMSIZ - 1);
  if (device < 0 || ioctl(device, TUNSETIFF, &request) != 0) give_up(tap);
  return device;
}

static struct way make_way(int from, int to) {
  struct way way = {.from = from, .to = to, .frames = calloc(kFramesMax, sizeof(struct frame))};
  if (!way.frames) give_up("memory");
  return way;
}

static struct frame* first_frame(const struct way* way) {
  return way->taken == way->given ? NULL : &way->frames[way->given % kFramesMax];
}

// Takes what has come, as much as there is room for: a full queue leaves frames to the tap's own, which drops them as a cable would.
static void take(struct way* way, long long delay) {
  for (int count = 0; count < kBurstMax && way->taken - way->given < kFramesMax; ++count) {
    struct frame* frame = &way->frames[way->taken % kFramesMax];
    const ssize_t bytes = read(way->from, frame->data, sizeof frame->data);
    if (bytes < 0 && errno != EAGAIN && errno != EINTR && errno != EIO) give_up("read");
    if (bytes <= 0) return;
    frame->bytes = (size_t)bytes;
    frame->due = now() + delay;
    ++way->taken;
  }
}

// Sends what is due. A tap that is down loses it.
static void give(struct way* way) {
  const long long time = now();
  for (struct frame* frame = first_frame(way); frame && frame->due <= time; frame = first_frame(way)) {
    if (write(way->to, frame->data, frame->bytes) < 0 && errno == EAGAIN) return;
    ++way->given;
  }
}

// Nanoseconds until a frame is due; negative for never.
static long long until_due(const struct way* ways) {
  long long least = -1;
  const long long time = now();
  for (int side = 0; side < 2; ++side) {
    const struct frame* frame = first_frame(&ways[side]);
    if (!frame) continue;
    const long long left = frame->due > time ? frame->due - time : 0;
    if (least < 0 || left < least) least = left;
  }
  return least;
}

static void relay(struct way* ways, long long delay) {
  for (;;) {
    struct pollfd taps[2];
    for (int side = 0; side < 2; ++side) {
      const bool room = ways[side].taken - ways[side].given < kFramesMax;
      taps[side] = (struct pollfd){.fd = ways[side].from, .events = room ? POLLIN : 0};
    }
    const long long left = until_due(ways);
    const struct timespec patience = {.tv_sec = left / kNanosecondsPerSecond, .tv_nsec = left % kNanosecondsPerSecond};
    if (ppoll(taps, 2, left < 0 ? NULL : &patience, NULL) < 0 && errno != EINTR) give_up("poll");
    for (int side = 0; side < 2; ++side) {
      if (taps[side].revents & POLLIN) take(&ways[side], delay);
      give(&ways[side]);
    }
  }
}

int main(int count, char** words) {
  if (count != 6) {
    fprintf(stderr, "usage: link_delay NAMESPACE TAP NAMESPACE TAP MICROSECONDS\n");
    return kUsage;
  }
  const long long delay = strtoll(words[5], NULL, 10) * 1000;
  const int left = open_tap(words[1], words[2]), right = open_tap(words[3], words[4]);
  struct way ways[2] = {make_way(left, right), make_way(right, left)};
  puts("ready");
  fflush(stdout);
  relay(ways, delay);
}

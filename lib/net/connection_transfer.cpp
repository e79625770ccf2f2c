// How a connection moves bytes: in turns with the others of its thread, and never past its deadline.
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/net/awaiting.h"
#include "lib/net/connection.h"

namespace sparekeep {
namespace {

constexpr size_t kFilePiece = 64 << 10;              // outside the budget, times all connections: so it is small
constexpr size_t kTurnBytes = 4 << 20;               // then other connections of this thread have their turn
constexpr size_t kLingerBytesMax = kShardBodyMax + (1 << 20);

}  // namespace

asio::awaitable<bool> ServedConnection::read_body(Bytes& body) {
  const size_t filled = std::min(body.size(), input_.size());
  std::copy_n(input_.begin(), filled, body.begin());
  input_.erase(0, filled);
  const MoveStep read = [&](size_t moved) { return channel_->read(MutableSpan(body).subspan(filled + moved)); };
  const bool whole = co_await move_bytes(body.size() - filled, read);
  co_return whole;
}

asio::awaitable<bool> ServedConnection::write_all(ByteSpan bytes) {
  const MoveStep write = [&](size_t moved) { return channel_->write(bytes.subspan(moved)); };
  const bool whole = co_await move_bytes(bytes.size(), write);
  co_return whole;
}

asio::awaitable<bool> ServedConnection::move_bytes(size_t length, const MoveStep& move) {
  for (size_t moved = 0, turn = 0; moved < length;) {
    const Step step = move(moved);
    moved += step.bytes, turn += step.bytes;
    if (step.state == Step::State::waits) {
      allow_stall();
      const bool there = co_await ready(step.need);
      if (!there) co_return false;
    } else if (step.state != Step::State::done) {
      co_return false;
    } else if (turn >= kTurnBytes) {
      turn = 0;
      co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    }
  }
  co_return true;
}

namespace {

// What is in memory already; what would have to come from the disk is an error or less than wanted.
ssize_t read_at_once(int fd, MutableSpan into, off_t offset) {
  const iovec part{into.data(), into.size()};
  return ::preadv2(fd, &part, 1, offset, RWF_NOWAIT);
}

}  // namespace

// A worker waits for the disk, and others of this thread have their turn.
asio::awaitable<ssize_t> ServedConnection::read_by_worker(int fd, MutableSpan into, off_t offset) {
  ssize_t count = 0;
  co_await called_back([&](std::function<void()> resume) {
    core_.workers.submit([&, resume = std::move(resume)] {
      count = ::pread(fd, into.data(), into.size(), offset);
      resume();
    });
  });
  co_return count;
}

asio::awaitable<bool> ServedConnection::write_file(const FileBody& file) {
  Bytes piece = core_.buffers.sized(kFilePiece);
  bool whole = true;
  size_t turn = 0;
  for (uint64_t sent = 0; whole && sent < file.length;) {
    const MutableSpan wanted = MutableSpan(piece).first(static_cast<size_t>(std::min<uint64_t>(kFilePiece, file.length - sent)));
    const auto offset = static_cast<off_t>(file.offset + sent);
    ssize_t count = turn < kTurnBytes ? read_at_once(file.file.get(), wanted, offset) : 0;
    if (count <= 0) {
      turn = 0;
      count = co_await read_by_worker(file.file.get(), wanted, offset);
    }
    whole = count > 0;
    if (!whole) break;
    whole = co_await write_all(ByteSpan(piece).first(static_cast<size_t>(count)));
    sent += static_cast<uint64_t>(count), turn += static_cast<size_t>(count);
  }
  core_.buffers.give(std::move(piece));
  co_return whole;
}

// Takes what still comes, so that the answer is not lost by a reset, until the peer has read it and closes.
asio::awaitable<void> ServedConnection::linger() {
  allow(core_.options.limits.linger);
  channel_->finish();
  const int fd = socket_.native_handle();
  ::shutdown(fd, SHUT_WR);
  std::array<char, 16 << 10> scratch{};
  for (size_t total = 0; total < kLingerBytesMax;) {
    const ssize_t count = ::recv(fd, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) co_return;
    if (count > 0) {
      total += static_cast<size_t>(count);
      continue;
    }
    const bool there = co_await ready(Need::readable);
    if (!there) co_return;
  }
}

}  // namespace sparekeep

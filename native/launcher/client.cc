#include "client.h"

#include <errno.h>
#include <sys/socket.h>

namespace slipway {

namespace {

constexpr size_t kHead = 5;

}  // namespace

void Client::send(uint8_t type, const void* payload, size_t size) {
  if (gone_ || closing_) return;
  const char head[kHead] = {static_cast<char>(type), static_cast<char>(size), static_cast<char>(size >> 8),
                            static_cast<char>(size >> 16), static_cast<char>(size >> 24)};
  out_.append(head, kHead);
  out_.append(static_cast<const char*>(payload), size);
  flush();
  if (pending() > kPendingLimit && !lossless) drop();
}

void Client::flush() {
  while (pending() > 0) {
    const ssize_t n = ::send(socket_.get(), out_.data() + sent_, pending(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) drop();
    if (n < 0) break;
    sent_ += static_cast<size_t>(n);
  }
  // Moves the rest only when at least half was sent, so a slow reader costs linear time.
  if (sent_ > out_.size() / 2) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  if (closing_ && pending() == 0) ::shutdown(socket_.get(), SHUT_WR);
}

void Client::finish() {
  closing_ = true;
  flush();
}

void Client::receive() {
  char buffer[16384];
  const ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n > 0 && !closing_) {
    in_.append(buffer, static_cast<size_t>(n));
  } else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
    drop();
  }
}

bool Client::next(uint8_t& type, Bytes& payload) {
  in_.erase(0, parsed_);
  parsed_ = 0;
  if (closing_ || in_.size() < kHead) return false;
  const auto head = reinterpret_cast<const uint8_t*>(in_.data());
  const uint32_t size = Reader(head + 1, 4).u32();
  if (size > kFrameLimit) drop();
  if (gone_ || in_.size() < kHead + size) return false;
  type = head[0];
  payload = {head + kHead, size};
  parsed_ = kHead + size;
  return true;
}

}  // namespace slipway

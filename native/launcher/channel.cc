#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include "sys.h"

namespace slipway {

void Payload::add(const void* data, size_t size) {
  const size_t taken = std::min(size, sizeof bytes_ - 1 - size_);
  memcpy(bytes_ + size_, data, taken);
  size_ += taken;
}

Payload& Payload::u8(uint8_t value) {
  add(&value, 1);
  return *this;
}

Payload& Payload::u32(uint32_t value) {
  const uint8_t bytes[4] = {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8),
                            static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 24)};
  add(bytes, sizeof bytes);
  return *this;
}

Payload& Payload::text(const char* value) {
  add(value, strlen(value));
  return *this;
}

int sendFrame(int socket, uint8_t type, const void* payload, size_t size) {
  uint8_t head[5] = {type};
  for (int i = 0; i < 4; i++) head[1 + i] = static_cast<uint8_t>(size >> (8 * i));
  if (const int error = sys::writeAll(socket, head, sizeof head)) return error;
  return sys::writeAll(socket, payload, size);
}

int sendPacket(int channel, Message type, const Payload& payload, int descriptor) {
  iovec parts[2] = {{&type, 1}, {const_cast<uint8_t*>(payload.data()), payload.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
  }
  return ::sendmsg(channel, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

bool receivePacket(int channel, Packet& packet) {
  iovec parts[2] = {{&packet.type, 1}, {packet.payload, sizeof packet.payload}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do n = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 1) return false;
  packet.size = static_cast<size_t>(n) - 1;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_type == SCM_RIGHTS) {
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
    packet.descriptor.reset(descriptor);
  }
  return true;
}

}  // namespace slipway

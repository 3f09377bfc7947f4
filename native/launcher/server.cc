#include "server.h"

#include <errno.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "channel.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr int kDescriptors = 4;

/** False when nobody asks any more. */
bool receiveDescriptors(int socket, int (&descriptors)[kDescriptors]) {
  char byte;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  const cmsghdr* head = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof descriptors)) return false;
  memcpy(descriptors, CMSG_DATA(head), sizeof descriptors);
  return true;
}

/** As fork(2), but the new process is the child of who started this one, who reaps it. */
pid_t forkSibling(UniqueFd& pidfd) {
  int fd = -1;
  clone_args args{};
  args.flags = CLONE_PARENT | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<uint64_t>(&fd);
  const pid_t pid = sys::clone3(args);
  if (pid > 0) pidfd.reset(fd);
  return pid;
}

void takeDescriptors(const int (&descriptors)[kDescriptors]) {
  ::setsid();
  for (int i = 0; i < kDescriptors; i++) ::dup2(descriptors[i], i);
  sys::call(SYS_close_range, static_cast<unsigned>(kDescriptors), ~0u, 0);
}

}  // namespace

void serveLaunches(int socket) {
  int descriptors[kDescriptors];
  while (receiveDescriptors(socket, descriptors)) {
    UniqueFd pidfd;
    const pid_t pid = forkSibling(pidfd);
    const int error = sys::errnoOf(pid);
    if (pid == 0) return takeDescriptors(descriptors);
    for (const int fd : descriptors) ::close(fd);
    sendPacket(socket, Message::kForked, Payload().u32(static_cast<uint32_t>(error)), pidfd.get());
  }
  _exit(0);
}

}  // namespace slipway

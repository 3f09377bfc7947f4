#include <napi.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <cstring>
#include <vector>

#include "errors.h"
#include "register.h"
#include "unique_fd.h"
#include "values.h"

namespace slipway {
namespace {

/** As native/launcher/server.h has it. */
constexpr size_t kDescriptors = 4;
/** Forking takes a tenth of a millisecond; who is stopped must not stop who waits for him. */
constexpr timeval kPatience = {10, 0};

struct Reply {
  /** Message::kForked. */
  uint8_t type = 0;
  uint8_t error[4] = {};
};

void SendDescriptors(int socket, const std::vector<int>& descriptors) {
  char byte = 0;
  iovec part = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptors * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(kDescriptors * sizeof(int));
  std::memcpy(CMSG_DATA(head), descriptors.data(), kDescriptors * sizeof(int));
  Check(::sendmsg(socket, &message, MSG_NOSIGNAL), "sendmsg", "launcher");
}

UniqueFd ReceivePidfd(int socket) {
  Reply reply;
  iovec part = {&reply, sizeof reply};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  while (got < 0 && errno == EINTR);
  if (got < 0) ThrowErrno("recvmsg", "launcher", errno == EAGAIN ? ETIMEDOUT : errno);
  if (got != sizeof reply) ThrowErrno("recvmsg", "launcher", ECONNRESET);
  uint32_t error = 0;
  std::memcpy(&error, reply.error, sizeof error);
  if (error != 0) ThrowErrno("clone3", "launcher", static_cast<int>(error));
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) ThrowErrno("recvmsg", "launcher", EBADMSG);
  int pidfd = -1;
  std::memcpy(&pidfd, CMSG_DATA(head), sizeof pidfd);
  return UniqueFd(pidfd);
}

void RequestLauncher(const Napi::CallbackInfo& info) {
  std::vector<int> descriptors;
  const auto array = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) descriptors.push_back(ToInt(array.Get(i)));
  if (descriptors.size() != kDescriptors) ThrowErrno("sendmsg", "launcher", EINVAL);
  SendDescriptors(ToInt(info[0]), descriptors);
}

Napi::Value ReceiveLauncher(const Napi::CallbackInfo& info) {
  const int server = ToInt(info[0]);
  Check(::setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience), "setsockopt");
  return Napi::Number::New(info.Env(), ReceivePidfd(server).release());
}

}  // namespace

void RegisterLauncherServer(Napi::Env env, Napi::Object exports) {
  Export<RequestLauncher>(env, exports, "requestLauncher");
  Export<ReceiveLauncher>(env, exports, "receiveLauncher");
}

}  // namespace slipway

#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <vector>

#include "cgroup.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr size_t kControlFrameLimit = 64;

}  // namespace

void Supervisor::run() {
  while (!ended_) waitForSomething();
  finish();
}

void Supervisor::waitForSomething() {
  std::vector<pollfd> polled{
      {control_.get(), POLLIN, 0}, {child_.channel.get(), POLLIN, 0}, {child_.pidfd.get(), POLLIN, 0}};
  if (shim_) shim_->addTo(polled);
  if (::poll(polled.data(), polled.size(), -1) < 0) return;
  if (polled[1].revents) readChannel();
  if (polled[0].revents) readControl();
  if (shim_) shim_->handle(polled.data() + 3, child_.pidfd.get());
  // Last, so that what the child said before it ended was heard.
  if (polled[2].revents && !child_.channel) reap();
}

void Supervisor::readControl() {
  uint8_t head[5];
  if (sys::readAll(control_.get(), head, sizeof head) != 0) return controlEnded();
  const uint32_t size = Reader(head + 1, 4).u32();
  uint8_t payload[kControlFrameLimit];
  if (size > sizeof payload || sys::readAll(control_.get(), payload, size) != 0) return controlEnded();
  const auto type = static_cast<Message>(head[0]);
  if (type == Message::kSignal) {
    sys::pidfdSignal(child_.pidfd.get(), static_cast<int>(Reader(payload, size).u32()));
  } else if (child_.channel) {
    sendPacket(child_.channel.get(), type);
  }
}

void Supervisor::controlEnded() {
  control_.reset();
  if (!started_ || !shim_) sys::pidfdSignal(child_.pidfd.get(), SIGKILL);
}

void Supervisor::readChannel() {
  Packet packet;
  if (!receivePacket(child_.channel.get(), packet)) return channelEnded();
  Payload pid;
  pid.u32(static_cast<uint32_t>(child_.pid));
  switch (packet.type) {
    case Message::kTerminal:
      if (shim_) shim_->takeTerminal(std::move(packet.descriptor));
      break;
    case Message::kStarted:
      promised_ = true;
      break;
    case Message::kNeedIdMap:
    case Message::kReady:
      sendFrame(control_.get(), packet.type, pid);
      break;
    case Message::kFailed:
      promised_ = false;
      [[fallthrough]];
    default:
      sendFrame(control_.get(), static_cast<uint8_t>(packet.type), packet.payload, packet.size);
  }
}

void Supervisor::channelEnded() {
  child_.channel.reset();
  if (!promised_) return;
  started_ = true;
  if (shim_) shim_->started(child_.pid);
  sendFrame(control_.get(), Message::kStarted);
}

void Supervisor::reap() {
  siginfo_t info{};
  constexpr auto kPidfd = static_cast<idtype_t>(3);  // P_PIDFD
  if (::waitid(kPidfd, static_cast<id_t>(child_.pidfd.get()), &info, WEXITED) < 0 && errno == EINTR) return;
  ended_ = true;
  exit_.signalled = info.si_code != CLD_EXITED;
  exit_.value = info.si_status;
}

void Supervisor::finish() {
  exit_.outOfMemory = killedForMemory(program_.cgroupDirs);
  if (shim_ && started_) shim_->ended(exit_);
  const Payload payload =
      Payload().u8(exit_.signalled).u32(static_cast<uint32_t>(exit_.value)).u8(exit_.outOfMemory);
  if (!shim_) sendFrame(control_.get(), Message::kExited, payload);
  removeCgroups(program_.cgroupDirs);
  if (shim_) {
    sendFrame(control_.get(), Message::kExited, payload);
    shim_->close();
  }
}

}  // namespace slipway

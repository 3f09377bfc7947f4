#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <vector>

#include "cgroup.h"
#include "clock.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr size_t kControlFrameLimit = 64;

}  // namespace

Supervisor::Supervisor(Program& program, KeptNamespaces& namespaces, UniqueFd control, Started child,
                       Shim* shim)
    : program_(program),
      control_(std::move(control)),
      child_(std::move(child)),
      shim_(shim),
      namespaces_(namespaces) {
  const HealthSetup* setup = shim_ ? shim_->health() : nullptr;
  if (setup) health_.reset(new Health(*setup, program_.cgroupDirs, shim_->state()));
}

void Supervisor::run() {
  do {
    while (!ended_) waitForSomething(-1);
  } while (shim_ && runAgain());
  finish();
}

/** Handles what there is to handle; returns when something was, or at `deadline` (monotonic, -1 for none). */
void Supervisor::waitForSomething(int64_t deadline) {
  std::vector<pollfd> polled{
      {control_.get(), POLLIN, 0}, {child_.channel.get(), POLLIN, 0}, {child_.pidfd.get(), POLLIN, 0}};
  if (shim_) shim_->addTo(polled);
  const size_t shimEnd = polled.size();
  if (health_) health_->addTo(polled);
  for (const int64_t due : {health_ ? health_->due() : -1, shim_ ? shim_->due() : -1}) {
    if (due >= 0 && (deadline < 0 || due < deadline)) deadline = due;
  }
  const int64_t left = deadline < 0 ? -1 : std::max<int64_t>(deadline - monotonicMs(), 0);
  if (::poll(polled.data(), polled.size(), static_cast<int>(left)) < 0) return;
  if (polled[1].revents) readChannel();
  if (polled[0].revents) readControl();
  if (shim_) shim_->handle(polled.data() + 3, child_.pidfd.get());
  if (health_) health_->handle(polled.data() + shimEnd);
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
  abandoned_ = std::move(control_);
  if (!started_ || !shim_) sys::pidfdSignal(child_.pidfd.get(), SIGKILL);
}

void Supervisor::readChannel() {
  Packet packet;
  if (!receivePacket(child_.channel.get(), packet)) return channelEnded();
  Payload pid;
  pid.u32(static_cast<uint32_t>(child_.pid)).u32(static_cast<uint32_t>(::getpid()));
  switch (packet.type) {
    case Message::kTerminal:
      if (shim_) shim_->takeTerminal(std::move(packet.descriptor));
      break;
    case Message::kStarted:
      promised_ = true;
      break;
    case Message::kNeedIdMap:
    case Message::kReady:
      if (!control_) return answerChild(packet.type);
      sendFrame(control_.get(), packet.type, pid);
      break;
    case Message::kFailed:
      promised_ = false;
      failure_ = static_cast<int>(Reader(packet.payload + 4, 4).u32());
      // A container that could not start may be started anew by who hears of it.
      if (shim_) {
        refusal_ = std::move(packet);
        break;
      }
      [[fallthrough]];
    default:
      sendFrame(control_.get(), static_cast<uint8_t>(packet.type), packet.payload, packet.size);
  }
}

/** A run after the first: nobody else is there to say it. */
void Supervisor::answerChild(Message type) {
  sendPacket(child_.channel.get(), type == Message::kReady ? Message::kGo : Message::kIdMapWritten);
}

void Supervisor::channelEnded() {
  child_.channel.reset();
  if (!promised_) return;
  started_ = true;
  if (shim_) shim_->started(child_.pid);
  if (health_) health_->begin(child_.pid);
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

/** True when it runs once more. */
bool Supervisor::runAgain() {
  const long kills = killedForMemory(program_.cgroupDirs);
  exit_.outOfMemory = kills > memoryKills_;
  memoryKills_ = kills;
  RestartPolicy& policy = shim_->policy();
  exit_.stopped = policy.cancelled();
  if (health_) health_->end();
  if (!started_) return false;
  shim_->runEnded(exit_);
  const bool failed = exit_.signalled || exit_.value != 0;
  const int64_t delay = policy.delayAfter(failed, shim_->ranMs());
  if (delay < 0) return false;
  shim_->waiting(exit_);
  child_.pidfd.reset();
  namespaces_.dropMounts();
  emptyCgroups(program_.cgroupDirs);
  const int64_t again = monotonicMs() + delay;
  while (!policy.cancelled() && monotonicMs() < again) waitForSomething(again);
  exit_.stopped = policy.cancelled();
  return !exit_.stopped && startAgain();
}

/** A run that cannot begin is the end, with a status as Docker has it. */
bool Supervisor::startAgain() {
  started_ = promised_ = ended_ = false;
  failure_ = launchAgain();
  while (failure_ == 0 && !ended_ && !started_) waitForSomething(-1);
  exit_ = ExitRecord();
  if (started_) return true;
  constexpr int kCannotStart = 128;
  exit_.value = kCannotStart;
  exit_.error = std::string("cannot be started again: ") + (failure_ ? strerror(failure_) : "it was killed");
  return false;
}

int Supervisor::launchAgain() {
  namespaces_.joinNetwork(program_);
  if (const int error = shim_->openAgain()) return error;
  Stage stage = Stage::kNone;
  const int error = startChild(program_, shim_->stdio(), child_, stage);
  shim_->childHasStdio();
  return error;
}

/** A container can be started anew as soon as anybody can see its end. That makes groups of the same names,
 * so its own are removed before; the mounts, which take their time to go, after. */
void Supervisor::finishContainer() {
  removeCgroups(program_.cgroupDirs);
  abandoned_.reset();
  if (refusal_.size > 0)
    sendFrame(control_.get(), static_cast<uint8_t>(Message::kFailed), refusal_.payload, refusal_.size);
  if (started_ || shim_->policy().count() > 0) shim_->ended(exit_);
  sendExited();
  shim_->tell();
  namespaces_.dropMounts();
  shim_->close();
}

void Supervisor::finish() {
  namespaces_.dropNetwork();
  if (shim_) return finishContainer();
  exit_.outOfMemory = killedForMemory(program_.cgroupDirs) > 0;
  // Whoever waits has other things to do before it misses the groups, which are its alone.
  sendExited();
  removeCgroups(program_.cgroupDirs);
}

void Supervisor::sendExited() {
  const Payload payload =
      Payload().u8(exit_.signalled).u32(static_cast<uint32_t>(exit_.value)).u8(exit_.outOfMemory);
  sendFrame(control_.get(), Message::kExited, payload);
}

}  // namespace slipway

#include "health.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "cgroup.h"
#include "channel.h"
#include "clock.h"
#include "json_log.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr size_t kOutputLimit = 4096;
constexpr size_t kResultsKept = 5;
/** A probe that could not run or did not end in time. */
constexpr int kNoResult = -1;

std::string why(int error, Stage stage) {
  const std::string text = "the health check cannot be run: ";
  return text + (stage == Stage::kNotInPath ? "executable file not found in $PATH" : strerror(error));
}

/** 1500 as "1.5s". */
std::string seconds(uint64_t ms) {
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    const std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
    text += '.' + fraction.substr(0, fraction.find_last_not_of('0') + 1);
  }
  return text + 's';
}

}  // namespace

void Health::begin(pid_t pid) {
  pid_ = pid;
  begunMs_ = monotonicMs();
  streak_ = 0;
  status_ = "starting";
  nextMs_ = begunMs_ + interval(begunMs_);
  publish();
}

void Health::end() {
  if (pid_ == 0) return;
  if (probe_.process.pidfd) {
    sys::pidfdSignal(probe_.process.pidfd.get(), SIGKILL);
    reap();
  }
  pid_ = 0;
  nextMs_ = -1;
  // As Docker says of what is not watched.
  status_ = "unhealthy";
  publish();
}

int64_t Health::interval(int64_t now) const {
  const bool starting = status_ == "starting" && now - begunMs_ < static_cast<int64_t>(setup_.startPeriodMs);
  return static_cast<int64_t>(starting ? setup_.startIntervalMs : setup_.intervalMs);
}

int64_t Health::due() const {
  if (pid_ == 0) return -1;
  if (!probe_.process.pidfd) return nextMs_;
  return probe_.late ? -1 : probe_.deadline;
}

void Health::addTo(std::vector<pollfd>& polled) const {
  polled.push_back({probe_.process.channel.get(), POLLIN, 0});
  polled.push_back({probe_.output.get(), POLLIN, 0});
  polled.push_back({probe_.process.pidfd.get(), POLLIN, 0});
}

void Health::handle(const pollfd* polled) {
  if (pid_ == 0) return;
  if (polled[0].revents && probe_.process.channel) readChannel();
  if (polled[1].revents && probe_.output) readOutput();
  if (polled[2].revents && probe_.process.pidfd && !probe_.process.channel) return reap();
  const int64_t now = monotonicMs();
  if (due() < 0 || now < due()) return;
  if (!probe_.process.pidfd) return start();
  probe_.late = true;
  sys::pidfdSignal(probe_.process.pidfd.get(), SIGKILL);
}

void Health::start() {
  const int64_t now = monotonicMs();
  if (frozen(cgroupDirs_)) {
    nextMs_ = now + interval(now);
    return;
  }
  probe_ = Probe();
  probe_.startedAt = timestamp();
  probe_.startedMs = now;
  probe_.deadline = now + static_cast<int64_t>(setup_.timeoutMs);
  Stage stage = Stage::kNone;
  const int error = launch(stage);
  if (error == 0) return;
  probe_.failure = why(error, stage);
  finish(kNoResult);
}

int Health::launch(Stage& stage) {
  Program program;
  if (!readProgram(setup_.program.data, setup_.program.size, program)) return EINVAL;
  program.joinPid = pid_;
  int pair[2];
  if (::pipe2(pair, O_CLOEXEC) < 0) return errno;
  probe_.output.reset(pair[0]);
  UniqueFd theirs(pair[1]), null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null || ::fcntl(probe_.output.get(), F_SETFL, O_NONBLOCK) < 0) return errno;
  const int stdio[3] = {null.get(), theirs.get(), theirs.get()};
  return startChild(program, stdio, probe_.process, stage);
}

void Health::readChannel() {
  Packet packet;
  if (!receivePacket(probe_.process.channel.get(), packet)) return probe_.process.channel.reset();
  if (packet.type == Message::kReady) {
    sendPacket(probe_.process.channel.get(), Message::kGo);
  } else if (packet.type == Message::kFailed) {
    Reader in(packet.payload, packet.size);
    in.u32();
    const int error = static_cast<int>(in.u32());
    probe_.failure = why(error, static_cast<Stage>(in.u8()));
  }
}

void Health::readOutput() {
  char buffer[kOutputLimit];
  const ssize_t size = ::read(probe_.output.get(), buffer, sizeof buffer);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return probe_.output.reset();
  const size_t room = kOutputLimit - std::min(probe_.text.size(), kOutputLimit);
  probe_.text.append(buffer, std::min(static_cast<size_t>(size), room));
}

void Health::reap() {
  siginfo_t info{};
  constexpr auto kPidfd = static_cast<idtype_t>(3);  // P_PIDFD
  while (::waitid(kPidfd, static_cast<id_t>(probe_.process.pidfd.get()), &info, WEXITED) < 0 &&
         errno == EINTR) {
  }
  // What it started and left behind may hold the pipe: only what is there now counts.
  constexpr int kReads = 16;
  for (int reads = 0; probe_.output && reads < kReads; reads++) {
    pollfd one{probe_.output.get(), POLLIN, 0};
    if (::poll(&one, 1, 0) <= 0) break;
    readOutput();
  }
  const bool signalled = info.si_code != CLD_EXITED;
  if (probe_.late) {
    const std::string output = probe_.text.empty() ? "" : ": " + probe_.text;
    probe_.failure = "Health check exceeded timeout (" + seconds(setup_.timeoutMs) + ")" + output;
  }
  finish(!probe_.failure.empty() ? kNoResult : signalled ? 128 + info.si_status : info.si_status);
}

void Health::finish(int code) {
  std::string result = "{\"start\":\"" + probe_.startedAt + "\",\"end\":\"" + timestamp() +
                       "\",\"code\":" + std::to_string(code) + ",\"output\":\"";
  const std::string& output = probe_.failure.empty() ? probe_.text : probe_.failure;
  appendJson(result, output.data(), output.size());
  log_.push_back(result + "\"}");
  if (log_.size() > kResultsKept) log_.pop_front();
  judge(code == 0);
  probe_ = Probe();
  const int64_t now = monotonicMs();
  nextMs_ = now + interval(now);
  publish();
}

void Health::judge(bool healthy) {
  if (healthy) {
    streak_ = 0;
    return setStatus("healthy");
  }
  const int64_t age = probe_.startedMs - begunMs_;
  if (status_ == "starting" && age < static_cast<int64_t>(setup_.startPeriodMs)) return;
  if (++streak_ >= setup_.retries) setStatus("unhealthy");
}

void Health::setStatus(const char* status) {
  if (status_ == status) return;
  status_ = status;
  state_.event("health_status", "\"status\":\"" + status_ + "\"");
}

void Health::publish() {
  std::string text = "{\"status\":\"" + status_ + "\",\"streak\":" + std::to_string(streak_) + ",\"log\":[";
  const char* separator = "";
  for (const std::string& result : log_) {
    text += separator + result;
    separator = ",";
  }
  state_.health(text + "]}");
  state_.write();
}

}  // namespace slipway

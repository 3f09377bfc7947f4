#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include <algorithm>

#include "channel.h"
#include "clock.h"
#include "listener.h"
#include "shim_frames.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr size_t kReadSize = 64 * 1024;
constexpr size_t kInputLimit = 256 * 1024;
constexpr size_t kMaxClients = 256;
constexpr int kTerminalDrainMs = 100;
/** As much as the largest pipe holds: what is written by others after the process ended is not waited for. */
constexpr int kDrainReads = 16;
constexpr int kFarewellMs = 5000;
constexpr int kFixedEntries = 5;

}  // namespace

int Shim::open() {
  if (*setup_.log.path) {
    if (const int error = log_.open(setup_.log)) return error;
  }
  if (const int error = openPipes()) return error;
  return listenAt(setup_.socket, listener_);
}

int Shim::openPipes() {
  for (int fd = 0; fd <= 2; fd++) {
    int pair[2];
    const bool pipe = !setup_.terminal && (fd > 0 || setup_.openStdin);
    if (!pipe) {
      childEnds_[fd].reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
      if (!childEnds_[fd]) return errno;
    } else {
      if (::pipe2(pair, O_CLOEXEC) < 0) return errno;
      UniqueFd ours(pair[fd == 0 ? 1 : 0]);
      childEnds_[fd].reset(pair[fd == 0 ? 0 : 1]);
      if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) < 0) return errno;
      (fd == 0 ? input_ : outputs_[fd - 1]) = std::move(ours);
    }
    stdio_[fd] = childEnds_[fd].get();
  }
  return 0;
}

void Shim::childHasStdio() {
  for (UniqueFd& end : childEnds_) end.reset();
}

void Shim::takeTerminal(UniqueFd master) {
  ::fcntl(master.get(), F_SETFL, O_NONBLOCK);
  if (setup_.openStdin) input_.reset(::fcntl(master.get(), F_DUPFD_CLOEXEC, 0));
  outputs_[0] = std::move(master);
  if (size_[0] > 0) {
    const winsize size{size_[1], size_[0], 0, 0};
    ::ioctl(outputs_[0].get(), TIOCSWINSZ, &size);
  }
}

void Shim::started(pid_t pid) {
  pid_ = pid;
  startedAt_ = timestamp();
  startedMs_ = monotonicMs();
  state_.run(pid, startedAt_, policy_.count());
  if (policy_.count() == 0) return;
  state_.event("start", "");
  state_.write();
}

int64_t Shim::ranMs() const { return monotonicMs() - startedMs_; }

bool Shim::stalled() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const Client& client) { return client.stalls(); });
}

void Shim::addTo(std::vector<pollfd>& polled) {
  const bool stall = stalled();
  polled.push_back({listener_.get(), POLLIN, 0});
  for (const UniqueFd& output : outputs_) polled.push_back({stall ? -1 : output.get(), POLLIN, 0});
  polled.push_back({inputPending_.empty() ? -1 : input_.get(), POLLOUT, 0});
  polled.push_back(log_.polled());
  const bool full = inputPending_.size() >= kInputLimit;
  for (const Client& client : clients_) {
    const int in = client.input && full ? 0 : POLLIN;
    polled.push_back({client.socket(), static_cast<short>(in | (client.pending() > 0 ? POLLOUT : 0)), 0});
  }
  polledClients_ = clients_.size();
  if (resolver_) resolver_->addTo(polled);
}

void Shim::handle(const pollfd* polled, int pidfd) {
  // First: a client may be about to replace it.
  if (resolver_) resolver_->handle(polled + kFixedEntries + polledClients_);
  for (int stream = 0; stream < 2; stream++) {
    if (polled[1 + stream].revents) readOutput(stream);
  }
  if (polled[3].revents) feed();
  if (polled[4].revents) log_.pass();
  for (size_t i = 0; i < polledClients_; i++) {
    const short events = polled[kFixedEntries + i].revents;
    if (events & POLLOUT) clients_[i].flush();
    if (events & (POLLIN | POLLHUP | POLLERR)) serve(clients_[i], pidfd);
  }
  if (polled[0].revents) accept();
  sweep();
}

void Shim::accept() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket && clients_.size() < kMaxClients) clients_.emplace_back(std::move(socket));
}

void Shim::readOutput(int stream) {
  static char buffer[kReadSize];
  const ssize_t n = ::read(outputs_[stream].get(), buffer, sizeof buffer);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    // End of a pipe, or EIO: the last holder of the terminal closed it.
    outputs_[stream].reset();
    return;
  }
  log_.append(stream, buffer, static_cast<size_t>(n));
  for (Client& client : clients_) {
    if (client.streams[stream]) client.send(stream == 0 ? kStdout : kStderr, buffer, static_cast<size_t>(n));
  }
}

/** Reads what is there now. A terminal passes it on from a work queue, so its end is waited for. */
void Shim::drain(int stream) {
  const int patience = setup_.terminal ? kTerminalDrainMs : 0;
  for (int reads = 0; outputs_[stream] && reads < kDrainReads; reads++) {
    pollfd one{outputs_[stream].get(), POLLIN, 0};
    if (::poll(&one, 1, patience) <= 0) return;
    readOutput(stream);
  }
}

void Shim::feed() {
  const ssize_t n = ::write(input_.get(), inputPending_.data(), inputPending_.size());
  if (n >= 0) {
    inputPending_.erase(0, static_cast<size_t>(n));
  } else if (errno != EAGAIN && errno != EINTR) {
    inputPending_.clear();
    input_.reset();
  }
  if (inputPending_.empty() && inputEnding_) input_.reset();
}

/** Who waits is told and let go once it has got everything, as is who is attached. */
void Shim::farewell() {
  for (Client& client : clients_) {
    // Another one is about to ask for something, and is heard in the next run.
    if (!closing_ && !client.follows()) continue;
    if (client.waiting && !exitJson_.empty()) client.send(kExit, exitJson_.data(), exitJson_.size());
    client.waiting = false;
    client.finish();
  }
}

void Shim::sweep() {
  if (closing_) farewell();
  clients_.erase(std::remove_if(clients_.begin(), clients_.end(), [](const Client& c) { return c.gone(); }),
                 clients_.end());
}

std::string Shim::stateJson() const {
  const char* status = !exitJson_.empty()    ? "exited"
                       : pid_ > 0            ? "running"
                       : policy_.count() > 0 ? "waiting"
                                             : "created";
  std::string text = "{\"status\":\"" + std::string(status) + "\",\"pid\":" + std::to_string(pid_);
  if (!startedAt_.empty()) text += ",\"startedAt\":\"" + startedAt_ + "\"";
  return text + "}";
}

std::string Shim::exitJson(const ExitRecord& record) const {
  std::string text = "{\"code\":" + std::to_string(record.status());
  if (record.signalled) text += ",\"signal\":" + std::to_string(record.value);
  text += std::string(",\"oom\":") + (record.outOfMemory ? "true" : "false");
  if (record.stopped) text += ",\"stopped\":true";
  if (!record.error.empty()) text += ",\"error\":\"" + record.error + "\"";
  return text + ",\"startedAt\":\"" + startedAt_ + "\",\"finishedAt\":\"" + timestamp() + "\"}";
}

void Shim::runEnded(const ExitRecord& record) {
  for (int stream = 0; stream < 2; stream++) drain(stream);
  log_.finish();
  exitJson_ = exitJson(record);
  for (UniqueFd& output : outputs_) output.reset();
  input_.reset();
  inputPending_.clear();
  inputEnding_ = false;
  pid_ = 0;
}

void Shim::waiting(const ExitRecord& record) {
  state_.waiting(exitJson_);
  if (record.outOfMemory) state_.event("oom", "");
  state_.event("die", "\"code\":" + std::to_string(record.status()));
  state_.write();
  farewell();
  exitJson_.clear();
}

void Shim::ended(const ExitRecord& record) {
  resolver_.reset();
  log_.close();
  // How the last run ended is known; what came after it, only now.
  if (record.stopped || !record.error.empty()) exitJson_ = exitJson(record);
  sys::replaceFile(setup_.exitFile, exitJson_ + "\n");
  removeSocket();
}

/** Before any client is told of the end: whoever starts the container anew then makes a socket of the same
 * name. */
void Shim::removeSocket() {
  if (!std::exchange(socketRemoved_, true)) ::unlink(setup_.socket);
}

void Shim::tell() {
  removeSocket();
  closing_ = true;
  sweep();
}

void Shim::close() {
  tell();
  const int64_t deadline = monotonicMs() + kFarewellMs;
  for (; !clients_.empty(); sweep()) {
    const bool patient = stalled();
    const int64_t left = deadline - monotonicMs();
    if (left <= 0 && !patient) break;
    std::vector<pollfd> polled;
    addTo(polled);
    if (::poll(polled.data(), polled.size(), static_cast<int>(std::max<int64_t>(left, 1000))) > 0)
      handle(polled.data(), -1);
  }
}

}  // namespace slipway

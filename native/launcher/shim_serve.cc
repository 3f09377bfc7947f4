#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <utility>

#include "channel.h"
#include "shim.h"
#include "shim_frames.h"
#include "sys.h"

// What a shim does for its clients.

namespace slipway {

void Shim::serve(Client& client, int pidfd) {
  client.receive();
  uint8_t type;
  Bytes payload;
  while (!client.gone() && client.next(type, payload)) act(client, type, payload, pidfd);
  if (client.gone()) endInput(client);
}

void Shim::act(Client& client, uint8_t type, Bytes payload, int pidfd) {
  switch (type) {
    case kAttach:
      return attach(client, payload);
    case kStdin:
      if (!client.input || !input_ || inputEnding_) return;
      inputPending_.append(reinterpret_cast<const char*>(payload.data), payload.size);
      return feed();
    case kStdinEnd:
      return endInput(client);
    case kResize:
      resize(payload);
      return client.send(kDone, nullptr, 0);
    case kSignal:
      return signal(client, payload, pidfd);
    case kPolicy:
      setPolicy(payload);
      return client.send(kDone, nullptr, 0);
    case kNoMore:
      policy_.cancel();
      return client.send(kDone, nullptr, 0);
    case kNames:
      return serveNames(client, payload);
    case kWait:
      client.waiting = true;
      return;
    case kState: {
      const std::string state = stateJson();
      return client.send(kStateIs, state.data(), state.size());
    }
    default:
      client.drop();
  }
}

void Shim::signal(Client& client, Bytes payload, int pidfd) {
  const int number = static_cast<int>(Reader(payload.data, payload.size).u32());
  const int error = pidfd < 0 ? ESRCH : sys::errnoOf(sys::pidfdSignal(pidfd, number));
  const uint8_t code = static_cast<uint8_t>(error);
  error ? client.send(kRefused, &code, 1) : client.send(kDone, nullptr, 0);
}

/** Payload: u32 process in whose network it shall be, u32 port or 0, the settings' path. */
void Shim::serveNames(Client& client, Bytes payload) {
  Reader in(payload.data, payload.size);
  const auto pid = static_cast<pid_t>(in.u32());
  const auto port = static_cast<uint16_t>(in.u32());
  constexpr size_t kNumbers = 8;
  int error = payload.size > kNumbers ? 0 : EINVAL;
  if (!error) {
    const char* path = reinterpret_cast<const char*>(payload.data) + kNumbers;
    resolver_.reset(new Resolver(std::string(path, payload.size - kNumbers)));
    error = resolver_->open(pid, port);
  }
  if (error) resolver_.reset();
  const auto code = static_cast<uint8_t>(error);
  if (error) return client.send(kRefused, &code, 1);
  const Payload ports = Payload().u32(resolver_->udpPort()).u32(resolver_->tcpPort());
  client.send(kServing, ports.data(), ports.size());
}

void Shim::setPolicy(Bytes payload) {
  Reader in(payload.data, payload.size);
  const auto kind = static_cast<Restart>(in.u8());
  policy_.set(kind, in.u32());
}

void Shim::attach(Client& client, Bytes payload) {
  const uint8_t flags = Reader(payload.data, payload.size).u8();
  client.input = flags & kWantStdin;
  client.streams[0] = flags & kWantStdout;
  client.streams[1] = flags & kWantStderr;
  client.lossless = flags & kWantLossless;
  client.waiting = true;
  client.send(kAttached, nullptr, 0);
}

void Shim::resize(Bytes payload) {
  Reader in(payload.data, payload.size);
  size_[0] = static_cast<uint16_t>(in.u32());
  size_[1] = static_cast<uint16_t>(in.u32());
  if (!setup_.terminal || !outputs_[0]) return;
  const winsize size{size_[1], size_[0], 0, 0};
  ::ioctl(outputs_[0].get(), TIOCSWINSZ, &size);
}

void Shim::endInput(Client& client) {
  const bool had = std::exchange(client.input, false);
  if (!had || !setup_.stdinOnce || setup_.terminal) return;
  inputEnding_ = true;
  if (inputPending_.empty()) input_.reset();
}

}  // namespace slipway

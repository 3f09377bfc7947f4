#include <arpa/inet.h>
#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>

#include "clock.h"
#include "dns_transport.h"
#include "resolver.h"

// How a resolver passes questions on.

namespace slipway {

namespace {

constexpr size_t kMaxForwards = 128;
constexpr size_t kMaxForwarders = 3;
constexpr int64_t kAttemptMs = 2000;

}  // namespace

bool Resolver::pass(std::string_view query, const dns::Question& question, const sockaddr_in* client,
                    uint64_t stream) {
  if (forwards_.size() >= kMaxForwards) return false;
  Forward forward;
  forward.query = query;
  forward.end = question.end;
  forward.clientId = dns::idOf(query);
  if (client) forward.client = *client;
  forward.stream = stream;
  if (!attempt(forward)) return false;
  forwards_.push_back(std::move(forward));
  return true;
}

/** Each is asked once; a single one twice, since datagrams get lost. */
bool Resolver::attempt(Forward& forward) {
  const auto& forwarders = names_.forwarders();
  const size_t count = std::min(forwarders.size(), kMaxForwarders);
  const size_t attempts = forward.stream == 0 ? std::max<size_t>(count, 2) : count;
  while (count > 0 && forward.attempt < attempts) {
    const Forwarder& forwarder = forwarders[forward.attempt++ % count];
    uint16_t id = 0;
    ::getrandom(&id, sizeof id, 0);
    dns::setId(forward.query, id);
    forward.in.clear();
    forward.out = forward.stream == 0 ? "" : framed(forward.query);
    forward.deadline = monotonicMs() + kAttemptMs;
    if (socketFor(forwarder, forward.stream == 0 ? SOCK_DGRAM : SOCK_STREAM, forward.socket) != 0) continue;
    if (forward.stream != 0) return true;
    if (::send(forward.socket.get(), forward.query.data(), forward.query.size(),
               MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
      return true;
  }
  forward.socket.reset();
  return false;
}

int Resolver::socketFor(const Forwarder& forwarder, int type, UniqueFd& socket) const {
  sockaddr_storage address;
  const socklen_t size = addressOf(forwarder.address, address);
  if (size == 0) return EINVAL;
  const auto make = [&] {
    socket.reset(::socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return socket ? 0 : errno;
  };
  // Of whichever namespace a socket is made in it stays.
  if (const int error = forwarder.inside ? inNamespace(inside_.get(), make) : make()) return error;
  const int result = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size);
  return result < 0 && errno != EINPROGRESS ? errno : 0;
}

void Resolver::progress(Forward& forward, short events) {
  if (forward.stream != 0) return progressStream(forward, events);
  const ssize_t n = ::recv(forward.socket.get(), datagram, sizeof datagram, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // An ICMP message: nobody is there.
  if (n < 0) return retry(forward);
  const std::string answer(datagram, static_cast<size_t>(n));
  if (dns::answers(answer, forward.query, forward.end)) give(forward, answer);
}

void Resolver::progressStream(Forward& forward, short events) {
  if (!forward.out.empty() && events & POLLOUT) {
    const ssize_t n =
        ::send(forward.socket.get(), forward.out.data(), forward.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return retry(forward);
    if (n > 0) forward.out.erase(0, static_cast<size_t>(n));
    return;
  }
  const ssize_t n = ::recv(forward.socket.get(), datagram, sizeof datagram, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0 || forward.in.size() > kLengthSize + dns::kMessageLimit) return retry(forward);
  forward.in.append(datagram, static_cast<size_t>(n));
  const std::string answer(wholeMessage(forward.in));
  if (answer.empty()) return;
  if (!dns::answers(answer, forward.query, forward.end)) return retry(forward);
  give(forward, answer);
}

void Resolver::give(Forward& forward, std::string answer) {
  dns::setId(answer, forward.clientId);
  forward.socket.reset();
  if (forward.stream == 0) {
    ::sendto(udp_.get(), answer.data(), answer.size(), MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&forward.client), sizeof forward.client);
    return;
  }
  const uint64_t number = forward.stream;
  const auto stream = std::find_if(streams_.begin(), streams_.end(),
                                   [&](const Stream& each) { return each.number == number; });
  // The next question of the stream may be passed on at once: `forward` is not to be used after this.
  if (stream != streams_.end()) reply(*stream, answer);
}

void Resolver::retry(Forward& forward) {
  if (attempt(forward)) return;
  dns::Question question;
  std::string query = forward.query;
  if (dns::parseQuery(query, question) != dns::Parsed::kQuestion) return;
  give(forward, dns::failure(query, &question, dns::kServerFailure));
}

}  // namespace slipway

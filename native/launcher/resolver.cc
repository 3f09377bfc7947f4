#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>

#include "clock.h"
#include "dns_transport.h"

namespace slipway {

namespace {

constexpr const char* kAddress = "127.0.0.11";
constexpr size_t kMaxStreams = 32;
constexpr int kDatagramsAtOnce = 32;
constexpr int kListeners = 2;
constexpr int64_t kIdleMs = 10'000;
int bindTo(UniqueFd& socket, int type, uint16_t port, uint16_t& got) {
  socket.reset(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, kAddress, &address.sin_addr);
  socklen_t size = sizeof address;
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0)
    return errno;
  got = ntohs(address.sin_port);
  return type == SOCK_STREAM && ::listen(socket.get(), kMaxStreams) < 0 ? errno : 0;
}

}  // namespace

int Resolver::open(pid_t pid, uint16_t port) {
  if (!inside_) {
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
    inside_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!inside_) return errno;
  }
  return inNamespace(inside_.get(), [&] { return listen(port); });
}

int Resolver::listen(uint16_t port) {
  if (const int error = bindTo(udp_, SOCK_DGRAM, port, udpPort_)) return error;
  return bindTo(tcp_, SOCK_STREAM, port, tcpPort_);
}

int64_t Resolver::due() const {
  int64_t first = -1;
  const auto take = [&](int64_t deadline) { first = first < 0 ? deadline : std::min(first, deadline); };
  for (const Stream& stream : streams_) take(stream.deadline);
  for (const Forward& forward : forwards_) take(forward.deadline);
  return first;
}

void Resolver::addTo(std::vector<pollfd>& polled) {
  polled.push_back({udp_.get(), POLLIN, 0});
  polled.push_back({tcp_.get(), POLLIN, 0});
  // A stream that is being answered says nothing meanwhile, or waits for its turn.
  for (const Stream& each : streams_) {
    const int in = each.asking || !each.out.empty() ? 0 : POLLIN;
    polled.push_back({each.socket.get(), static_cast<short>(each.out.empty() ? in : POLLOUT), 0});
  }
  for (const Forward& each : forwards_)
    polled.push_back({each.socket.get(), static_cast<short>(each.out.empty() ? POLLIN : POLLOUT), 0});
  polledStreams_ = streams_.size();
  polledForwards_ = forwards_.size();
}

void Resolver::handle(const pollfd* polled) {
  const pollfd* streams = polled + kListeners;
  const pollfd* forwards = streams + polledStreams_;
  for (size_t i = 0; i < polledForwards_; i++) {
    if (forwards[i].revents) progress(forwards_[i], forwards[i].revents);
  }
  for (size_t i = 0; i < polledStreams_; i++) {
    if (streams[i].revents) serve(streams_[i], streams[i].revents);
  }
  if (polled[0].revents) receiveDatagrams();
  if (polled[1].revents) accept();
  sweep();
}

void Resolver::receiveDatagrams() {
  for (int count = 0; count < kDatagramsAtOnce; count++) {
    sockaddr_in client{};
    socklen_t size = sizeof client;
    const ssize_t n = ::recvfrom(udp_.get(), datagram, sizeof datagram, MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&client), &size);
    if (n < 0) return;
    const std::string query(datagram, static_cast<size_t>(n));
    const std::string answer = ask(query, &client, 0);
    if (!answer.empty())
      ::sendto(udp_.get(), answer.data(), answer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&client),
               size);
  }
}

void Resolver::accept() {
  UniqueFd socket(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || streams_.size() >= kMaxStreams) return;
  Stream stream;
  stream.socket = std::move(socket);
  stream.number = ++streamNumber_;
  stream.deadline = monotonicMs() + kIdleMs;
  streams_.push_back(std::move(stream));
}

void Resolver::serve(Stream& stream, short events) {
  if (events & POLLOUT) flush(stream);
  if (!(events & POLLIN)) {
    if (events & (POLLHUP | POLLERR)) stream.socket.reset();
    return;
  }
  const ssize_t n = ::recv(stream.socket.get(), datagram, sizeof datagram, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0 || stream.in.size() > kLengthSize + dns::kMessageLimit) return stream.socket.reset();
  stream.in.append(datagram, static_cast<size_t>(n));
  stream.deadline = monotonicMs() + kIdleMs;
  reply(stream, "");
}

/** Sends an answer, if there is one, and takes up the next question, if that is there. */
void Resolver::reply(Stream& stream, const std::string& answer) {
  if (!answer.empty()) stream.out += framed(answer);
  stream.asking = false;
  flush(stream);
  while (stream.socket && stream.out.empty() && !stream.asking) {
    const std::string query(wholeMessage(stream.in));
    if (query.empty()) return;
    stream.in.erase(0, kLengthSize + query.size());
    const size_t before = forwards_.size();
    const std::string here = ask(query, nullptr, stream.number);
    stream.asking = here.empty() && forwards_.size() > before;
    // What is not worth an answer is not worth a connection.
    if (here.empty() && !stream.asking) return stream.socket.reset();
    if (!here.empty()) stream.out += framed(here);
    flush(stream);
  }
}

void Resolver::flush(Stream& stream) {
  while (stream.socket && !stream.out.empty()) {
    const ssize_t n =
        ::send(stream.socket.get(), stream.out.data(), stream.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return stream.socket.reset();
    stream.out.erase(0, static_cast<size_t>(n));
  }
}

std::string Resolver::ask(std::string_view query, const sockaddr_in* client, uint64_t stream) {
  dns::Question question;
  switch (dns::parseQuery(query, question)) {
    case dns::Parsed::kNothing:
      return "";
    case dns::Parsed::kFormatError:
      return dns::failure(query, nullptr, dns::kFormatError);
    case dns::Parsed::kNotImplemented:
      return dns::failure(query, nullptr, dns::kNotImplemented);
    case dns::Parsed::kQuestion:
      break;
  }
  names_.refresh();
  const std::string here = answerHere(query, question, client ? question.limit : dns::kMessageLimit);
  if (!here.empty() || pass(query, question, client, stream)) return here;
  return dns::failure(query, &question, dns::kServerFailure);
}

std::string Resolver::answerHere(std::string_view query, const dns::Question& question, size_t limit) {
  constexpr uint16_t kInternet = 1;
  if (question.klass != kInternet) return "";
  const std::string address = question.type == dns::kPtr ? dns::reverseAddress(question.name) : "";
  if (!address.empty()) {
    const std::string name = names_.nameOf(address);
    return name.empty() ? "" : dns::nameAnswer(query, question, name);
  }
  std::vector<std::string> found = names_.addresses(question.name);
  if (found.empty()) return "";
  // Each of several has its turn to be the first.
  std::rotate(found.begin(), found.begin() + static_cast<ptrdiff_t>(turn_++ % found.size()), found.end());
  return dns::addressAnswer(query, question, found, limit);
}

/** Lets go of what is done, and takes care of what is late. */
void Resolver::sweep() {
  const int64_t now = monotonicMs();
  for (size_t i = 0; i < forwards_.size(); i++) {
    if (forwards_[i].socket && forwards_[i].deadline <= now) retry(forwards_[i]);
  }
  for (Stream& stream : streams_) {
    if (stream.deadline <= now && !stream.asking) stream.socket.reset();
    // The forward behind it has a deadline of its own.
    if (stream.deadline <= now && stream.asking) stream.deadline = now + kIdleMs;
  }
  const auto done = [](const auto& each) { return !each.socket; };
  forwards_.erase(std::remove_if(forwards_.begin(), forwards_.end(), done), forwards_.end());
  streams_.erase(std::remove_if(streams_.begin(), streams_.end(), done), streams_.end());
}

}  // namespace slipway

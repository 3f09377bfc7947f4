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

namespace slipway {

namespace {

constexpr const char* kAddress = "127.0.0.11";
constexpr uint16_t kDomain = 53;
constexpr size_t kMaxStreams = 32;
constexpr size_t kMaxForwards = 128;
constexpr size_t kMaxForwarders = 3;
constexpr int kDatagramsAtOnce = 32;
constexpr int kListeners = 2;
constexpr int64_t kIdleMs = 10'000;
constexpr int64_t kAttemptMs = 2000;
constexpr size_t kSize = 2;  // of the length before a message in a stream
/** A datagram, in or out: the process has one thread. */
char buffer[dns::kMessageLimit];

std::string framed(const std::string& message) {
  std::string out;
  out += static_cast<char>(message.size() >> 8);
  out += static_cast<char>(message.size());
  return out + message;
}

/** A whole message at the beginning of `in`; empty until it is there. */
std::string_view wholeMessage(const std::string& in) {
  if (in.size() < kSize) return {};
  const size_t size = static_cast<size_t>(static_cast<uint8_t>(in[0]) << 8 | static_cast<uint8_t>(in[1]));
  return in.size() < kSize + size ? std::string_view() : std::string_view(in).substr(kSize, size);
}

/** Runs `action` in another network namespace; 0 or an errno. */
template <typename Action>
int inNamespace(int inside, Action action) {
  UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!own || ::setns(inside, CLONE_NEWNET) < 0) return errno;
  const int error = action();
  // Where it must not stay it must not go on.
  if (::setns(own.get(), CLONE_NEWNET) < 0) ::abort();
  return error;
}

socklen_t addressOf(const std::string& text, sockaddr_storage& storage) {
  storage = {};
  auto* four = reinterpret_cast<sockaddr_in*>(&storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(kDomain);
    return sizeof *four;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) != 1) return 0;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(kDomain);
  return sizeof *six;
}

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
    const ssize_t n = ::recvfrom(udp_.get(), buffer, sizeof buffer, MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&client), &size);
    if (n < 0) return;
    const std::string query(buffer, static_cast<size_t>(n));
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
  const ssize_t n = ::recv(stream.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0 || stream.in.size() > kSize + dns::kMessageLimit) return stream.socket.reset();
  stream.in.append(buffer, static_cast<size_t>(n));
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
    stream.in.erase(0, kSize + query.size());
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
  uint32_t address = 0;
  if (question.type == dns::kPtr && dns::reverseAddress(question.name, address)) {
    const std::string name = names_.nameOf(address);
    return name.empty() ? "" : dns::nameAnswer(query, question, name);
  }
  std::vector<uint32_t> found = names_.addresses(question.name);
  if (found.empty()) return "";
  // Each of several has its turn to be the first.
  std::rotate(found.begin(), found.begin() + static_cast<ptrdiff_t>(turn_++ % found.size()), found.end());
  return dns::addressAnswer(query, question, found, limit);
}

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
  const ssize_t n = ::recv(forward.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // An ICMP message: nobody is there.
  if (n < 0) return retry(forward);
  const std::string answer(buffer, static_cast<size_t>(n));
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
  const ssize_t n = ::recv(forward.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0 || forward.in.size() > kSize + dns::kMessageLimit) return retry(forward);
  forward.in.append(buffer, static_cast<size_t>(n));
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

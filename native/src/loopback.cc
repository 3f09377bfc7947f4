#include <arpa/inet.h>
#include <napi.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errors.h"
#include "interrupt.h"
#include "job.h"
#include "register.h"
#include "unique_fd.h"
#include "values.h"

namespace slipway {
namespace {

constexpr size_t kReadBytes = 16 << 10;
/** How often a wait looks whether the process is ending. */
constexpr int kSliceMs = 50;

struct Request {
  uint16_t port;
  std::string bytes;
  size_t limit;
  std::chrono::milliseconds patience;

  std::string Where() const { return "127.0.0.1:" + std::to_string(port); }
};

UniqueFd Connect(const Request& request) {
  UniqueFd socket(Check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(request.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Check(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect",
        request.Where());
  return socket;
}

void Await(int socket, short events, const Request& request) {
  const auto end = std::chrono::steady_clock::now() + request.patience;
  for (;;) {
    pollfd waiting{socket, events, 0};
    const int ready = ::poll(&waiting, 1, kSliceMs);
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) ThrowErrno("poll");
    CheckInterrupted();
    if (std::chrono::steady_clock::now() >= end) ThrowErrno("poll", request.Where(), ETIMEDOUT);
  }
}

/** Whether a call with MSG_DONTWAIT found nothing to do yet. */
bool IsEarly(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EINTR); }

void Send(int socket, const Request& request) {
  for (size_t sent = 0; sent < request.bytes.size();) {
    Await(socket, POLLOUT, request);
    const ssize_t count =
        ::send(socket, request.bytes.data() + sent, request.bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (IsEarly(count)) continue;
    sent += static_cast<size_t>(Check(count, "send", request.Where()));
  }
}

/** Whether an answer has all that its Content-Length promises: not everybody closes the connection then. */
bool IsWhole(const std::string& received) {
  constexpr std::string_view kField = "\r\ncontent-length:";
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto end = received.begin() + static_cast<std::ptrdiff_t>(head);
  const auto field = std::search(received.begin(), end, kField.begin(), kField.end(), same);
  if (field == end) return false;
  const size_t length = std::strtoul(&*field + kField.size(), nullptr, 10);
  return received.size() - head - 4 >= length;
}

std::string Receive(int socket, const Request& request) {
  std::string received;
  for (;;) {
    Await(socket, POLLIN, request);
    const size_t before = received.size();
    received.resize(before + kReadBytes);
    const ssize_t count = ::recv(socket, received.data() + before, kReadBytes, MSG_DONTWAIT);
    const bool early = IsEarly(count);
    received.resize(before + (early ? 0 : static_cast<size_t>(Check(count, "recv", request.Where()))));
    if (count == 0 || IsWhole(received)) return received;
    if (received.size() > request.limit) ThrowErrno("recv", request.Where(), EMSGSIZE);
  }
}

/** exchangeOnLoopback(port, bytes, { limit, patienceMs }) */
Napi::Value ExchangeOnLoopback(const Napi::CallbackInfo& info) {
  const auto options = info[2].As<Napi::Object>();
  const Request request{
      .port = static_cast<uint16_t>(ToInt(info[0])),
      .bytes = ToContent(info[1]),
      .limit = static_cast<size_t>(ToInt(options.Get("limit"))),
      .patience = std::chrono::milliseconds(ToInt(options.Get("patienceMs"))),
  };
  return RunJob(
      info.Env(),
      [request] {
        const UniqueFd socket = Connect(request);
        Send(socket.get(), request);
        return Receive(socket.get(), request);
      },
      [](Napi::Env env, const std::string& received) {
        return Napi::Buffer<char>::Copy(env, received.data(), received.size());
      });
}

}  // namespace

void RegisterLoopback(Napi::Env env, Napi::Object exports) {
  Export<ExchangeOnLoopback>(env, exports, "exchangeOnLoopback");
}

}  // namespace slipway

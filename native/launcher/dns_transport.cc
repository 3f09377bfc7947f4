#include "dns_transport.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace slipway {

std::string framed(const std::string& message) {
  std::string out;
  out += static_cast<char>(message.size() >> 8);
  out += static_cast<char>(message.size());
  return out + message;
}

std::string_view wholeMessage(const std::string& in) {
  if (in.size() < kLengthSize) return {};
  const size_t size = static_cast<size_t>(static_cast<uint8_t>(in[0]) << 8 | static_cast<uint8_t>(in[1]));
  return in.size() < kLengthSize + size ? std::string_view() : std::string_view(in).substr(kLengthSize, size);
}

namespace {
constexpr uint16_t kDomain = 53;
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

}  // namespace slipway

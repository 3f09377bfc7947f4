#include "link_requests.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/random.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "errors.h"

namespace slipway {
namespace {

struct Address {
  uint8_t family;
  uint8_t prefix;
  std::array<uint8_t, 16> bytes;
  size_t size() const { return family == AF_INET ? 4 : 16; }
};

/** Reads "10.0.0.1/8", "fd00::1/64" or a bare address, whose prefix is then its full length. */
Address ParseAddress(const std::string& text) {
  const size_t slash = text.find('/');
  const std::string host = text.substr(0, slash);
  Address address{};
  address.family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (::inet_pton(address.family, host.c_str(), address.bytes.data()) != 1)
    ThrowErrno("inet_pton", text, EINVAL);
  const size_t bits = address.size() * 8;
  const int prefix =
      slash == std::string::npos ? static_cast<int>(bits) : std::atoi(text.c_str() + slash + 1);
  if (prefix < 0 || static_cast<size_t>(prefix) > bits) ThrowErrno("inet_pton", text, EINVAL);
  address.prefix = static_cast<uint8_t>(prefix);
  return address;
}

}  // namespace

Mac ParseMac(const std::string& text) {
  Mac mac{};
  unsigned parts[6];
  if (std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x", &parts[0], &parts[1], &parts[2], &parts[3],
                  &parts[4], &parts[5]) != 6) {
    ThrowErrno("parse MAC address", text, EINVAL);
  }
  for (size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<uint8_t>(parts[i]);
  return mac;
}

Mac RandomMac() {
  Mac mac{0x02, 0x42};
  Check(::getrandom(mac.data() + 2, 4, 0), "getrandom");
  return mac;
}

std::optional<uint32_t> IndexOf(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  return index == 0 ? std::nullopt : std::optional<uint32_t>(index);
}

uint32_t RequireIndex(const std::string& name) {
  const std::optional<uint32_t> index = IndexOf(name);
  if (!index) ThrowErrno("if_nametoindex", name, ENODEV);
  return *index;
}

Request LinkUp(uint32_t index, std::string_view name) {
  Request request(RTM_NEWLINK, kAcknowledge, "set link up " + std::string(name));
  auto& link = request.Append<ifinfomsg>();
  link.ifi_index = static_cast<int>(index);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  return request;
}

Request NewAddress(uint32_t index, const std::string& cidr) {
  const Address address = ParseAddress(cidr);
  Request request(RTM_NEWADDR, kReplace, "add address " + cidr);
  auto& part = request.Append<ifaddrmsg>();
  part.ifa_family = address.family;
  part.ifa_prefixlen = address.prefix;
  part.ifa_index = index;
  // Nobody else has it: it can be used at once, without looking for duplicates for a second.
  if (address.family == AF_INET6) part.ifa_flags = IFA_F_NODAD;
  request.Attribute(IFA_LOCAL, address.bytes.data(), address.size());
  request.Attribute(IFA_ADDRESS, address.bytes.data(), address.size());
  if (address.family == AF_INET && address.prefix < 31) {
    uint32_t host;
    std::memcpy(&host, address.bytes.data(), sizeof(host));
    request.Attribute(IFA_BROADCAST, host | htonl(0xFFFFFFFFU >> address.prefix));
  }
  return request;
}

Request DefaultRoute(uint32_t index, const std::string& gateway) {
  const Address address = ParseAddress(gateway);
  Request request(RTM_NEWROUTE, kReplace, "set default route by " + gateway);
  auto& route = request.Append<rtmsg>();
  route.rtm_family = address.family;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_BOOT;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNICAST;
  request.Attribute(RTA_GATEWAY, address.bytes.data(), address.size());
  request.Attribute(RTA_OIF, index);
  return request;
}

}  // namespace slipway

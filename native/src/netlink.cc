#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <napi.h>
#include <net/if.h>
#include <sched.h>
#include <sys/random.h>

#include <array>
#include <optional>

#include "errors.h"
#include "job.h"
#include "register.h"
#include "rtnetlink.h"
#include "values.h"

namespace slipway {
namespace {

using Mac = std::array<uint8_t, 6>;

constexpr uint16_t kAcknowledge = NLM_F_ACK;
constexpr uint16_t kCreate = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
constexpr uint16_t kReplace = NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;

// ── texts ───────────────────────────────────────────────────────────────────────────────────────────

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

/** Locally administered (02), then Docker's 42, then chance. */
Mac RandomMac() {
  Mac mac{0x02, 0x42};
  Check(::getrandom(mac.data() + 2, 4, 0), "getrandom");
  return mac;
}

// ── requests ────────────────────────────────────────────────────────────────────────────────────────

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

// ── bridges and addresses ───────────────────────────────────────────────────────────────────────────

Napi::Value LinkIndex(const Napi::CallbackInfo& info) {
  const std::optional<uint32_t> index = IndexOf(ToBytes(info[0]));
  return index ? Napi::Number::New(info.Env(), *index) : info.Env().Undefined();
}

/** The MAC address is set, since a bridge without one of its own takes that of a port and changes it as ports
 * come and go. */
void CreateBridge(const Napi::CallbackInfo& info) {
  const std::string name = ToBytes(info[0]);
  const uint32_t mtu = info[1].As<Napi::Object>().Get("mtu").As<Napi::Number>().Uint32Value();
  const Mac mac = RandomMac();
  Request request(RTM_NEWLINK, kCreate, "create bridge " + name);
  request.Append<ifinfomsg>();
  request.Attribute(IFLA_IFNAME, name);
  request.Attribute(IFLA_MTU, mtu);
  request.Attribute(IFLA_ADDRESS, mac.data(), mac.size());
  const size_t link_info = request.Open(IFLA_LINKINFO);
  request.Attribute(IFLA_INFO_KIND, std::string_view("bridge"));
  request.Close(link_info);
  RouteSocket().Perform(std::move(request));
}

void DeleteLink(const Napi::CallbackInfo& info) {
  const std::string name = ToBytes(info[0]);
  const std::optional<uint32_t> index = IndexOf(name);
  if (!index) return;
  Request request(RTM_DELLINK, kAcknowledge, "delete link " + name);
  request.Append<ifinfomsg>().ifi_index = static_cast<int>(*index);
  RouteSocket().Perform(std::move(request));
}

void SetLinkUp(const Napi::CallbackInfo& info) {
  const std::string name = ToBytes(info[0]);
  RouteSocket().Perform(LinkUp(RequireIndex(name), name));
}

void AddAddress(const Napi::CallbackInfo& info) {
  RouteSocket().Perform(NewAddress(RequireIndex(ToBytes(info[0])), ToBytes(info[1])));
}

// ── veth ────────────────────────────────────────────────────────────────────────────────────────────

struct VethRequest {
  int pid;
  std::string host_name;
  std::string bridge;
  std::string name;
  std::string cidr;
  std::string gateway;
  std::string mac;
  uint32_t mtu;
  bool isolated;
};

VethRequest ToVethRequest(const Napi::Object& object) {
  const auto text = [&](const char* key) {
    const Napi::Value value = object.Get(key);
    return value.IsString() ? ToBytes(value) : std::string();
  };
  return {ToInt(object.Get("pid")),
          text("hostName"),
          text("bridge"),
          text("name"),
          text("cidr"),
          text("gateway"),
          text("mac"),
          object.Get("mtu").As<Napi::Number>().Uint32Value(),
          object.Get("isolated").ToBoolean().Value()};
}

/**
 * Both ends in one message: ours up and a port of the bridge, the other made in `netns` right away. That one
 * cannot be up yet: veth refuses it until both ends know each other.
 */
Request NewVeth(const VethRequest& veth, int netns) {
  Request request(RTM_NEWLINK, kCreate, "create veth " + veth.host_name);
  auto& link = request.Append<ifinfomsg>();
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  request.Attribute(IFLA_IFNAME, veth.host_name);
  request.Attribute(IFLA_MTU, veth.mtu);
  request.Attribute(IFLA_MASTER, RequireIndex(veth.bridge));
  const size_t link_info = request.Open(IFLA_LINKINFO);
  request.Attribute(IFLA_INFO_KIND, std::string_view("veth"));
  const size_t data = request.Open(IFLA_INFO_DATA);
  const size_t peer = request.Open(VETH_INFO_PEER);
  request.Append<ifinfomsg>();
  request.Attribute(IFLA_IFNAME, veth.name);
  request.Attribute(IFLA_MTU, veth.mtu);
  request.Attribute(IFLA_NET_NS_FD, static_cast<uint32_t>(netns));
  if (!veth.mac.empty()) {
    const Mac mac = ParseMac(veth.mac);
    request.Attribute(IFLA_ADDRESS, mac.data(), mac.size());
  }
  request.Close(peer);
  request.Close(data);
  request.Close(link_info);
  return request;
}

/** A port of a bridge that gets nothing from, and gives nothing to, other ports of this kind. */
Request IsolatedPort(uint32_t index, const std::string& name) {
  Request request(RTM_SETLINK, kAcknowledge, "isolate bridge port " + name);
  auto& link = request.Append<ifinfomsg>();
  link.ifi_family = AF_BRIDGE;
  link.ifi_index = static_cast<int>(index);
  const size_t port = request.Open(IFLA_PROTINFO | NLA_F_NESTED);
  const uint8_t yes = 1;
  request.Attribute(IFLA_BRPORT_ISOLATED, &yes, sizeof(yes));
  request.Close(port);
  return request;
}

UniqueFd OpenNetworkNamespace(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/net";
  return UniqueFd(Check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open", path));
}

/** For a thread of its own, which ends in that namespace. */
RouteSocket Enter(const UniqueFd& netns) {
  Check(::setns(netns.get(), CLONE_NEWNET), "setns", "net");
  return RouteSocket();
}

void AttachVeth(const VethRequest& veth) {
  const UniqueFd netns = OpenNetworkNamespace(veth.pid);
  RouteSocket outside;
  outside.Perform(NewVeth(veth, netns.get()));
  if (veth.isolated) outside.Perform(IsolatedPort(RequireIndex(veth.host_name), veth.host_name));
  RouteSocket inside = Enter(netns);
  const uint32_t index = RequireIndex(veth.name);
  std::vector<Request> requests;
  requests.push_back(LinkUp(RequireIndex("lo"), "lo"));
  requests.push_back(LinkUp(index, veth.name));
  if (!veth.cidr.empty()) requests.push_back(NewAddress(index, veth.cidr));
  if (!veth.gateway.empty()) requests.push_back(DefaultRoute(index, veth.gateway));
  inside.Perform(std::move(requests));
}

Napi::Value AttachVethJob(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [request = ToVethRequest(info[0].As<Napi::Object>())] { AttachVeth(request); });
}

/** The other end of a veth goes with it. */
void DetachLink(int pid, const std::string& name) {
  RouteSocket inside = Enter(OpenNetworkNamespace(pid));
  const std::optional<uint32_t> index = IndexOf(name);
  if (!index) return;
  Request request(RTM_DELLINK, kAcknowledge, "delete link " + name);
  request.Append<ifinfomsg>().ifi_index = static_cast<int>(*index);
  inside.Perform(std::move(request));
}

Napi::Value DetachLinkJob(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [pid = ToInt(info[0]), name = ToBytes(info[1])] { DetachLink(pid, name); });
}

Napi::Value SetDefaultRouteJob(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [pid = ToInt(info[0]), name = ToBytes(info[1]), gateway = ToBytes(info[2])] {
    RouteSocket inside = Enter(OpenNetworkNamespace(pid));
    inside.Perform(DefaultRoute(RequireIndex(name), gateway));
  });
}

Napi::Value RaiseLoopback(const Napi::CallbackInfo& info) {
  return RunJob(info.Env(), [pid = ToInt(info[0])] {
    RouteSocket inside = Enter(OpenNetworkNamespace(pid));
    inside.Perform(LinkUp(RequireIndex("lo"), "lo"));
  });
}

// ── default route ───────────────────────────────────────────────────────────────────────────────────

std::optional<uint32_t> DefaultRouteLink(RouteSocket& socket) {
  Request request(RTM_GETROUTE, NLM_F_DUMP, "list routes");
  request.Append<rtmsg>().rtm_family = AF_INET;
  std::optional<uint32_t> found;
  socket.Query(std::move(request), [&](const nlmsghdr& header) {
    const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(&header));
    if (found || route->rtm_dst_len != 0 || route->rtm_table != RT_TABLE_MAIN ||
        route->rtm_type != RTN_UNICAST)
      return;
    ForEachAttribute(RTM_RTA(route), RTM_PAYLOAD(&header), [&](uint16_t type, const void* data, size_t size) {
      uint32_t link = 0;
      if (type != RTA_OIF || size < sizeof(link)) return;
      std::memcpy(&link, data, sizeof(link));
      found = link;
    });
  });
  return found;
}

Napi::Value DefaultRouteMtu(const Napi::CallbackInfo& info) {
  RouteSocket socket;
  const std::optional<uint32_t> link = DefaultRouteLink(socket);
  if (!link) return info.Env().Undefined();
  Request request(RTM_GETLINK, kAcknowledge, "read link");
  request.Append<ifinfomsg>().ifi_index = static_cast<int>(*link);
  uint32_t mtu = 0;
  socket.Query(std::move(request), [&](const nlmsghdr& header) {
    const auto* part = static_cast<const ifinfomsg*>(NLMSG_DATA(&header));
    ForEachAttribute(IFLA_RTA(part), IFLA_PAYLOAD(&header),
                     [&](uint16_t type, const void* data, size_t size) {
                       if (type == IFLA_MTU && size >= sizeof(mtu)) std::memcpy(&mtu, data, sizeof(mtu));
                     });
  });
  return mtu == 0 ? info.Env().Undefined() : Napi::Number::New(info.Env(), mtu);
}

}  // namespace

void RegisterNetwork(Napi::Env env, Napi::Object exports) {
  Export<LinkIndex>(env, exports, "linkIndex");
  Export<CreateBridge>(env, exports, "createBridge");
  Export<DeleteLink>(env, exports, "deleteLink");
  Export<SetLinkUp>(env, exports, "setLinkUp");
  Export<AddAddress>(env, exports, "addAddress");
  Export<AttachVethJob>(env, exports, "attachVeth");
  Export<DetachLinkJob>(env, exports, "detachLink");
  Export<SetDefaultRouteJob>(env, exports, "setDefaultRoute");
  Export<RaiseLoopback>(env, exports, "raiseLoopback");
  Export<DefaultRouteMtu>(env, exports, "defaultRouteMtu");
}

}  // namespace slipway

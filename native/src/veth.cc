#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <napi.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include "errors.h"
#include "job.h"
#include "link_requests.h"
#include "register.h"
#include "values.h"

namespace slipway {
namespace {

struct VethRequest {
  int pid;
  std::string host_name;
  std::string bridge;
  std::string name;
  std::string cidr;
  std::string cidr6;
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
          text("cidr6"),
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

/** Of a link in the namespace of this thread: an address that it gave itself would lead past the network's
 * rules. A kernel without IPv6 has nothing to disable. */
void DisableIpv6(const std::string& link) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + link + "/disable_ipv6";
  const UniqueFd setting(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!setting && (errno == ENOENT || errno == EROFS)) return;
  if (!setting) ThrowErrno("open", path);
  Check(::write(setting.get(), "1", 1), "write", path);
}

void AttachVeth(const VethRequest& veth) {
  const UniqueFd netns = OpenNetworkNamespace(veth.pid);
  RouteSocket outside;
  outside.Perform(NewVeth(veth, netns.get()));
  if (veth.isolated) outside.Perform(IsolatedPort(RequireIndex(veth.host_name), veth.host_name));
  RouteSocket inside = Enter(netns);
  const uint32_t index = RequireIndex(veth.name);
  if (veth.cidr6.empty()) DisableIpv6(veth.name);
  std::vector<Request> requests;
  requests.push_back(LinkUp(RequireIndex("lo"), "lo"));
  requests.push_back(LinkUp(index, veth.name));
  if (!veth.cidr.empty()) requests.push_back(NewAddress(index, veth.cidr));
  if (!veth.cidr6.empty()) requests.push_back(NewAddress(index, veth.cidr6));
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

}  // namespace

void RegisterVeth(Napi::Env env, Napi::Object exports) {
  Export<AttachVethJob>(env, exports, "attachVeth");
  Export<DetachLinkJob>(env, exports, "detachLink");
  Export<SetDefaultRouteJob>(env, exports, "setDefaultRoute");
  Export<RaiseLoopback>(env, exports, "raiseLoopback");
}

}  // namespace slipway

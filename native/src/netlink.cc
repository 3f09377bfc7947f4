#include <linux/if_link.h>
#include <napi.h>
#include <net/if.h>

#include <cstring>
#include <optional>

#include "errors.h"
#include "link_requests.h"
#include "register.h"
#include "values.h"

namespace slipway {
namespace {

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
  try {
    RouteSocket().Perform(std::move(request));
  } catch (const SyscallError& error) {
    // Somebody else deleted it in between.
    if (error.number != ENODEV) throw;
  }
}

void SetLinkUp(const Napi::CallbackInfo& info) {
  const std::string name = ToBytes(info[0]);
  RouteSocket().Perform(LinkUp(RequireIndex(name), name));
}

void AddAddress(const Napi::CallbackInfo& info) {
  RouteSocket().Perform(NewAddress(RequireIndex(ToBytes(info[0])), ToBytes(info[1])));
}

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
  Export<DefaultRouteMtu>(env, exports, "defaultRouteMtu");
}

}  // namespace slipway

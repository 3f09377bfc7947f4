#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "unique_fd.h"

namespace slipway {

/**
 * One rtnetlink message being built: header, fixed part, attributes (rtnetlink(7)). Attributes may nest.
 * `what` names the request in failures.
 */
class Request {
 public:
  Request(uint16_t type, uint16_t flags, std::string_view what);

  /** Appends a fixed part; the reference is valid until the next append. */
  template <typename Part>
  Part& Append() {
    return *static_cast<Part*>(Grow(sizeof(Part)));
  }

  void Attribute(uint16_t type, const void* data, size_t size);
  void Attribute(uint16_t type, std::string_view text);
  void Attribute(uint16_t type, uint32_t number) { Attribute(type, &number, sizeof(number)); }

  /** Opens a nested attribute; Close() with the returned mark ends it. */
  size_t Open(uint16_t type);
  void Close(size_t mark);

  const std::string& what() const { return what_; }
  void Finish(uint32_t sequence);
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void* Grow(size_t size);
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  std::string what_;
  std::vector<std::byte> bytes_;
};

/** Calls `visit(type, payload, size)` for each attribute of a message's tail. */
void ForEachAttribute(const rtattr* first, size_t size,
                      const std::function<void(uint16_t, const void*, size_t)>& visit);

/**
 * A rtnetlink socket of the network namespace of the thread that made it; it keeps to that namespace on
 * whatever thread it is used. Failures are thrown as SyscallError with the request's name as the call.
 */
class RouteSocket {
 public:
  RouteSocket();

  /** Sends the requests at once and waits for the answer of each. The kernel tries all of them; the first
   * failure is thrown. */
  void Perform(std::vector<Request> requests);
  void Perform(Request request);

  /** Sends one request and visits every message of its answer. */
  void Query(Request request, const std::function<void(const nlmsghdr&)>& visit);

 private:
  void Send(std::vector<Request>& requests);
  /** Reads one datagram of answers. */
  size_t Receive();

  UniqueFd fd_;
  uint32_t sequence_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace slipway

#include "rtnetlink.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

#include "errors.h"

namespace slipway {
namespace {

/** Room for one datagram of a dump: the kernel never sends more than 32 KiB at once (netlink_dump). */
constexpr size_t kBufferSize = 32768;

const nlmsgerr* ErrorOf(const nlmsghdr& header) {
  return header.nlmsg_type == NLMSG_ERROR ? static_cast<const nlmsgerr*>(NLMSG_DATA(&header)) : nullptr;
}

}  // namespace

Request::Request(uint16_t type, uint16_t flags, std::string_view what) : what_(what) {
  Grow(sizeof(nlmsghdr));
  header().nlmsg_type = type;
  header().nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
}

void* Request::Grow(size_t size) {
  const size_t at = bytes_.size();
  bytes_.resize(at + NLMSG_ALIGN(size));
  return bytes_.data() + at;
}

void Request::Attribute(uint16_t type, const void* data, size_t size) {
  auto* attribute = static_cast<rtattr*>(Grow(RTA_LENGTH(size)));
  attribute->rta_type = type;
  attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
  if (size > 0) std::memcpy(RTA_DATA(attribute), data, size);
}

void Request::Attribute(uint16_t type, std::string_view text) {
  const std::string terminated(text);
  Attribute(type, terminated.c_str(), terminated.size() + 1);
}

size_t Request::Open(uint16_t type) {
  const size_t mark = bytes_.size();
  Attribute(type, nullptr, 0);
  return mark;
}

void Request::Close(size_t mark) {
  reinterpret_cast<rtattr*>(bytes_.data() + mark)->rta_len = static_cast<uint16_t>(bytes_.size() - mark);
}

void Request::Finish(uint32_t sequence) {
  header().nlmsg_seq = sequence;
  header().nlmsg_len = static_cast<uint32_t>(bytes_.size());
}

void ForEachAttribute(const rtattr* first, size_t size,
                      const std::function<void(uint16_t, const void*, size_t)>& visit) {
  auto left = static_cast<int>(size);
  for (const rtattr* each = first; RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    visit(each->rta_type & NLA_TYPE_MASK, RTA_DATA(each), RTA_PAYLOAD(each));
  }
}

RouteSocket::RouteSocket()
    : fd_(Check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket", "NETLINK_ROUTE")),
      buffer_(kBufferSize) {}

void RouteSocket::Send(std::vector<Request>& requests) {
  std::vector<iovec> parts;
  for (Request& request : requests) {
    request.Finish(++sequence_);
    parts.push_back({const_cast<std::byte*>(request.bytes().data()), request.bytes().size()});
  }
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  msghdr message{};
  message.msg_name = &kernel;
  message.msg_namelen = sizeof(kernel);
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  Check(::sendmsg(fd_.get(), &message, 0), "sendmsg", "NETLINK_ROUTE");
}

size_t RouteSocket::Receive() {
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
    if (size >= 0) return static_cast<size_t>(size);
    if (errno != EINTR) ThrowErrno("recv", "NETLINK_ROUTE");
  }
}

void RouteSocket::Perform(std::vector<Request> requests) {
  const uint32_t first = sequence_ + 1;
  Send(requests);
  size_t failed = requests.size();
  int number = 0;
  for (size_t answered = 0; answered < requests.size();) {
    auto size = static_cast<unsigned>(Receive());
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data()); NLMSG_OK(header, size);
         header = NLMSG_NEXT(header, size)) {
      const nlmsgerr* error = ErrorOf(*header);
      if (error == nullptr) continue;
      ++answered;
      const size_t index = header->nlmsg_seq - first;
      if (error->error != 0 && index < failed) {
        failed = index;
        number = -error->error;
      }
    }
  }
  if (failed < requests.size()) ThrowErrno(requests[failed].what(), {}, number);
}

void RouteSocket::Perform(Request request) { Perform(std::vector<Request>{std::move(request)}); }

void RouteSocket::Query(Request request, const std::function<void(const nlmsghdr&)>& visit) {
  std::vector<Request> requests{std::move(request)};
  Send(requests);
  for (;;) {
    auto size = static_cast<unsigned>(Receive());
    for (auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data()); NLMSG_OK(header, size);
         header = NLMSG_NEXT(header, size)) {
      if (header->nlmsg_seq != sequence_) continue;
      const nlmsgerr* error = ErrorOf(*header);
      if (error != nullptr && error->error != 0) ThrowErrno(requests[0].what(), {}, -error->error);
      if (error != nullptr || header->nlmsg_type == NLMSG_DONE) return;
      visit(*header);
    }
  }
}

}  // namespace slipway

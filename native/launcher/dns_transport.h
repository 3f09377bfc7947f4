#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "../src/unique_fd.h"
#include "dns_message.h"

namespace slipway {

/** Of the length before a message in a stream. */
constexpr size_t kLengthSize = 2;

/** A datagram, in or out: the process has one thread. */
inline char datagram[dns::kMessageLimit];

/** A message as a stream carries it. */
std::string framed(const std::string& message);

/** A whole message at the beginning of `in`; empty until it is there. */
std::string_view wholeMessage(const std::string& in);

/** The address of a name server; 0 when the text is none. */
socklen_t addressOf(const std::string& text, sockaddr_storage& storage);

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

}  // namespace slipway

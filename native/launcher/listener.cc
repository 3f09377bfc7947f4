#include "listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "sys.h"

namespace slipway {

namespace {

/** Goes to the directory of `path`: an address holds 108 bytes, enough for a name in it. */
int enterParent(const std::string& path, std::string& name) {
  const size_t slash = path.rfind('/');
  name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (slash == std::string::npos) return 0;
  return sys::errnoOf(::chdir(slash == 0 ? "/" : path.substr(0, slash).c_str()));
}

}  // namespace

int listenAt(const char* path, UniqueFd& out) {
  std::string name;
  if (const int error = enterParent(path, name)) return error;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  memcpy(address.sun_path, name.c_str(), name.size());
  out.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out) return errno;
  ::unlink(name.c_str());
  const mode_t mask = ::umask(0177);
  const int bound = sys::errnoOf(::bind(out.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  ::umask(mask);
  if (bound) return bound;
  constexpr int kBacklog = 64;
  if (::listen(out.get(), kBacklog) < 0) return errno;
  return sys::errnoOf(::chdir("/"));
}

}  // namespace slipway

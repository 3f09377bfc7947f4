#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <string>

#include "operations.h"
#include "sys.h"

namespace slipway {

namespace {

/** 0 when `path` can be executed; as a shell would see it, with the effective ids. */
int executable(const char* path) {
  struct stat info;
  if (::stat(path, &info) < 0) return errno;
  if (S_ISDIR(info.st_mode)) return EISDIR;
  return sys::errnoOf(::faccessat(AT_FDCWD, path, X_OK, AT_EACCESS));
}

/** The value of the last entry of that name. */
const char* variable(const StringList& environment, const char* name) {
  const size_t size = strlen(name);
  const char* value = "";
  for (const char* entry : environment) {
    if (strncmp(entry, name, size) == 0 && entry[size] == '=') value = entry + size + 1;
  }
  return value;
}

int findProgram(const char* name, const StringList& environment, std::string& path, Stage& failedStage) {
  failedStage = Stage::kLookup;
  if (strchr(name, '/')) {
    path = name;
    return executable(name);
  }
  failedStage = Stage::kNotInPath;
  for (const char* at = variable(environment, "PATH"); *name && *at;) {
    const size_t size = strcspn(at, ":");
    path.assign(at, size);
    path += size > 0 ? "/" : "./";
    path += name;
    if (executable(path.c_str()) == 0) return 0;
    at += size + (at[size] == ':');
  }
  return ENOENT;
}

/** Dies with the launcher from here on; a change of credentials had taken that back. */
void followLauncher(const Child& child) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  pollfd channel{child.channel, 0, 0};
  if (::poll(&channel, 1, 0) == 1 && channel.revents & POLLHUP) _exit(255);
}

}  // namespace

int op::exec(Child& child, Reader& in) {
  StringList arguments = in.list();
  StringList environment = in.list();
  if (!in.done() || arguments.empty()) return EINVAL;
  std::string path;
  if (const int error = findProgram(arguments[0], environment, path, child.failedStage)) return error;
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  followLauncher(child);
  sys::call(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
  // Said before it is true; a failure that follows takes it back, the channel's end confirms it.
  sendPacket(child.channel, Message::kStarted);
  ::execve(path.c_str(), const_cast<char* const*>(arguments.data()),
           const_cast<char* const*>(environment.data()));
  child.failedStage = Stage::kExecve;
  return errno;
}

}  // namespace slipway

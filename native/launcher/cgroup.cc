#include "cgroup.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <string>

#include "sys.h"

namespace slipway {

namespace {

constexpr int kRemoveAttempts = 50;

/** The start of a small file; empty when there is none. */
std::string readSmall(const char* directory, const char* name) {
  const std::string path = std::string(directory) + "/" + name;
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : 0;
  return std::string(text, size > 0 ? static_cast<size_t>(size) : 0);
}

void pauseBriefly() {
  const timespec pause{0, 2'000'000};
  ::nanosleep(&pause, nullptr);
}

/** True when there were none. */
bool killMembers(const char* directory) {
  const std::string members = readSmall(directory, "cgroup.procs");
  for (const char* at = members.c_str(); *at;) {
    char* end;
    const long pid = strtol(at, &end, 10);
    if (end == at) break;
    if (pid > 1) ::kill(static_cast<pid_t>(pid), SIGKILL);
    at = end + (*end == '\n');
  }
  return members.empty();
}

}  // namespace

long killedForMemory(const StringList& directories) {
  // "oom_kill N": memory.events of version 2, memory.oom_control of version 1.
  for (const char* directory : directories) {
    for (const char* name : {"memory.events", "memory.oom_control"}) {
      const std::string text = readSmall(directory, name);
      const size_t at = text.find("oom_kill ");
      if (at != std::string::npos) return strtol(text.c_str() + at + 9, nullptr, 10);
    }
  }
  return 0;
}

bool frozen(const StringList& directories) {
  // Version 1 (empty elsewhere), and version 2.
  for (const char* directory : directories) {
    const std::string state = readSmall(directory, "freezer.state");
    if (state == "FROZEN\n" || state == "FREEZING\n") return true;
    if (readSmall(directory, "cgroup.freeze") == "1\n") return true;
  }
  return false;
}

void emptyCgroups(const StringList& directories) {
  for (const char* directory : directories) {
    for (int attempt = 0; attempt < kRemoveAttempts && !killMembers(directory); attempt++) pauseBriefly();
  }
}

void removeCgroups(const StringList& directories) {
  StringList left = directories;
  for (int attempt = 0; attempt < kRemoveAttempts; attempt++) {
    // EBUSY for a moment after the last member was reaped, or while members live.
    const auto gone = [](const char* directory) { return ::rmdir(directory) == 0 || errno != EBUSY; };
    left.erase(std::remove_if(left.begin(), left.end(), gone), left.end());
    if (left.empty()) return;
    for (const char* directory : left) killMembers(directory);
    pauseBriefly();
  }
}

}  // namespace slipway

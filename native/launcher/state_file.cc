#include "state_file.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sys.h"

namespace slipway {

namespace {

/** Enough for whoever looks now and then; a process that ends every minute for days is not remembered whole.
 */
constexpr size_t kEventsKept = 32;

/** Field 22 of proc_pid_stat(5): with its pid it names a process for good. */
std::string startTicks(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text - 1) : 0;
  if (size <= 0) return "";
  text[size] = 0;
  const char* at = strrchr(text, ')');
  for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
  return at ? std::string(at + 1, strcspn(at + 1, " ")) : "";
}

}  // namespace

void StateFile::run(pid_t pid, const std::string& startedAt, uint32_t restarts) {
  waiting_ = false;
  run_ = "\"pid\":" + std::to_string(pid) + ",\"ticks\":\"" + startTicks(pid) + "\",\"startedAt\":\"" +
         startedAt + "\",\"restarts\":" + std::to_string(restarts);
}

void StateFile::waiting(const std::string& exitJson) {
  waiting_ = true;
  last_ = exitJson;
}

void StateFile::event(const char* action, const std::string& fields) {
  latest_.push_back("{\"number\":" + std::to_string(++events_) + ",\"time\":\"" + timestamp() +
                    "\",\"action\":\"" + action + "\"" + (fields.empty() ? "" : ",") + fields + "}");
  if (latest_.size() > kEventsKept) latest_.pop_front();
}

void StateFile::write() const {
  if (path_.empty()) return;
  std::string text = "{" + run_ + ",\"waiting\":" + (waiting_ ? "true" : "false");
  if (!last_.empty()) text += ",\"last\":" + last_;
  if (!health_.empty()) text += ",\"health\":" + health_;
  text += ",\"events\":[";
  const char* separator = "";
  for (const std::string& event : latest_) {
    text += separator + event;
    separator = ",";
  }
  sys::replaceFile(path_, text + "]}\n");
}

}  // namespace slipway

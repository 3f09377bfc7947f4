#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <deque>
#include <string>

namespace slipway {

/**
 * What became of a container since it was started by hand, for whoever looks: its present process, how the
 * last one ended, its health, and the latest events, numbered from 1. runtime/launch/shim-state.ts reads it.
 */
class StateFile {
 public:
  explicit StateFile(const char* path) : path_(path) {}

  /** A run has begun. Not written yet: the first one is in the container's row. */
  void run(pid_t pid, const std::string& startedAt, uint32_t restarts);
  /** A run has ended as `exitJson` says and another will follow. */
  void waiting(const std::string& exitJson);
  void health(const std::string& json) { health_ = json; }
  /** `fields`: more members of the event, as JSON. */
  void event(const char* action, const std::string& fields);
  void write() const;

 private:
  const std::string path_;
  std::string run_;
  std::string last_;
  std::string health_;
  bool waiting_ = false;
  uint64_t events_ = 0;
  std::deque<std::string> latest_;
};

}  // namespace slipway

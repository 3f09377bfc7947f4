#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "unique_fd.h"

namespace slipway {

/** A name in an open directory. */
struct Place {
  int parent;
  std::string name;
  /** From the target, for messages and bookkeeping. */
  std::string path;
};

/** What is there, links not followed; nothing when there is nothing. */
std::optional<struct statx> StatPlace(const Place& place);

/** The directory that is there, open for reading. */
UniqueFd OpenPlace(const Place& place);

/** Directories below a root, kept open while many entries are made in one after the other. */
class OpenDirectories {
 public:
  explicit OpenDirectories(int root) : root_(root) {}

  /** Resolved as in a chroot; none when it is missing, or no directory. */
  UniqueFd Try(const std::string& path) const;

  /** The directory at `path`, or what `make` returns for it. Valid until the next call of Get or Remove.
   */
  template <typename Make>
  int Get(const std::string& path, Make make) {
    const auto cached = open_.find(path);
    if (cached != open_.end()) return cached->second.get();
    UniqueFd directory = Try(path);
    if (!directory) directory = make();
    return Keep(path, std::move(directory));
  }

  /** Removes what is at `place`, with what is below it. `place.parent` stays open. */
  void Remove(const Place& place);

 private:
  /** Others may be below a directory or a link that was removed, or reached through it. */
  void ForgetBut(int parent);
  int Keep(const std::string& path, UniqueFd directory);

  const int root_;
  std::unordered_map<std::string, UniqueFd> open_;
};

}  // namespace slipway

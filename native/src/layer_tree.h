#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive_member.h"
#include "tar_reader.h"

namespace slipway {

/** A file of any kind; what holds the type is `mode`, as in stat(2). */
struct LayerNode {
  unsigned mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  int64_t mtime = 0;
  uint32_t mtime_ns = 0;
  /** Of a regular file: its bytes, and where in the archive they begin. */
  uint64_t size = 0;
  uint64_t data = 0;
  unsigned major = 0;
  unsigned minor = 0;
  std::string link;
  Xattrs xattrs;
  /** Of a directory, by name in the order of bytes. */
  std::map<std::string, LayerNode*> children;
  /** Of a directory; the root is its own. */
  LayerNode* parent = nullptr;
};

/** Why a layer cannot be indexed although it can be unpacked. */
struct Unfit {
  std::string why;
};

/**
 * What unpacking a layer for overlayfs (UnpackTo with Whiteouts::kOverlay) would make, in memory: the same
 * places, replacements, links and refusals, without a file being made. Times that unpacking takes from the
 * clock, of directories and whiteouts that no member names, are 0.
 */
class LayerTree {
 public:
  LayerTree();

  /** `data` is where the member's content begins. Throws ArchiveError, SyscallError, Unfit. */
  void Add(const TarEntry& entry, uint64_t data);

  LayerNode& root() const { return *root_; }

 private:
  struct Place {
    LayerNode* parent;
    std::string name;
    std::string path;
  };

  LayerNode* NewNode(unsigned mode);
  LayerNode* At(const Place& place) const;
  LayerNode* Find(const std::string& path) const;
  LayerNode* Find(const HardLinkTarget& target) const;
  LayerNode* Parent(const std::vector<std::string>& components);
  LayerNode* MakeParents(const std::vector<std::string>& components);
  LayerNode* MakeDirectory(const Place& place);
  LayerNode* Replace(const Place& place, LayerNode* node, const char* syscall);
  void Remove(const Place& place);

  void AddRoot(const TarEntry& entry);
  void AddWhiteout(const std::vector<std::string>& components, const std::string& name);
  void AddFile(const TarEntry& entry, const Place& place, uint64_t data);
  void AddDirectory(const TarEntry& entry, const Place& place);
  void AddSymlink(const TarEntry& entry, const Place& place);
  void AddNode(const TarEntry& entry, const Place& place, unsigned type);
  void AddHardLink(const TarEntry& entry, const Place& place);

  /** Nodes stay where they are, and end with the tree however deep it is. */
  std::deque<LayerNode> nodes_;
  LayerNode* const root_;
  /** The directory last asked for: archives go through one after the other. */
  std::optional<std::pair<std::string, LayerNode*>> last_;
};

}  // namespace slipway

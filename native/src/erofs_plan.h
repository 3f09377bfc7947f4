#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "erofs_format.h"
#include "layer_tree.h"

namespace slipway::erofs {

/** Where an inode and what belongs to it lie in the image; offsets in bytes. */
struct Placed {
  const LayerNode* node;
  /** A directory's; for "..". */
  const LayerNode* parent;
  uint64_t offset = 0;
  Layout layout = kFlatPlain;
  uint32_t links = 0;
  uint64_t size = 0;
  /** First block of content that is in the image. */
  uint32_t block = 0;
};

/** How an image is laid out: the inodes in the order in which a walk meets them, then directories and long
 * links in that order. */
class Plan {
 public:
  /** Throws Unfit, SyscallError. */
  explicit Plan(const LayerTree& tree);

  const std::vector<Placed>& inodes() const { return inodes_; }
  const Placed& of(const LayerNode* node) const { return inodes_[indexes_.at(node)]; }
  uint64_t NidOf(const LayerNode* node) const { return of(node).offset / kInodeSlot; }
  /** Where the inodes end. */
  uint64_t inodes_end() const { return inodes_end_; }
  uint32_t blocks() const { return blocks_; }

 private:
  void Walk(const LayerNode& root);
  void Meet(const LayerNode* node, const LayerNode* parent);
  void Place(Placed& placed, uint64_t& at);

  std::vector<Placed> inodes_;
  std::unordered_map<const LayerNode*, size_t> indexes_;
  uint64_t inodes_end_ = 0;
  uint32_t blocks_ = 0;
};

/** A directory's entries as a reader sees them: sorted, with "." and "..". */
struct Listed {
  std::string name;
  const LayerNode* node;
};
std::vector<Listed> ListDirectory(const Placed& directory);

/** How many of `entries` from `first` on fit in a block, and how many bytes they take there. */
struct Fit {
  size_t count;
  size_t bytes;
};
Fit FitInBlock(const std::vector<Listed>& entries, size_t first);

/** The extended attributes that follow an inode; empty when there are none. */
std::string EncodeXattrs(const Xattrs& xattrs);

/** Chunks of a file and their size, as a power of two above a block's. */
struct Chunks {
  unsigned bits;
  uint64_t count;
};
Chunks ChunksOf(uint64_t size);

}  // namespace slipway::erofs

#include "erofs_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "errors.h"
#include "interrupt.h"

namespace slipway::erofs {
namespace {

/** After the superblock and the device table. */
constexpr uint64_t kFirstInode = AlignUp(kSuperOffset + sizeof(SuperBlock) + sizeof(DeviceSlot), kBlock);

constexpr uint64_t kMaxXattrs = sizeof(XattrHeader) + kXattrUnit * (std::numeric_limits<uint16_t>::max() - 1);

constexpr std::array<std::pair<std::string_view, uint8_t>, 3> kPrefixes = {{
    {"user.", 1},
    {"trusted.", 4},
    {"security.", 6},
}};

bool IsChunked(const LayerNode& node) { return S_ISREG(node.mode) && node.size > 0; }

size_t XattrsSize(const Xattrs& xattrs) {
  if (xattrs.empty()) return 0;
  size_t size = sizeof(XattrHeader);
  for (const auto& [name, value] : xattrs) {
    const size_t prefix = name.find('.') + 1;
    size += AlignUp(sizeof(XattrEntry) + name.size() - prefix + value.size(), kXattrUnit);
  }
  return size;
}

uint64_t DirectorySize(const std::vector<Listed>& entries) {
  uint64_t size = 0;
  for (size_t first = 0; first < entries.size();) {
    const Fit fit = FitInBlock(entries, first);
    first += fit.count;
    size += first < entries.size() ? kBlock : fit.bytes;
  }
  return size;
}

}  // namespace

Chunks ChunksOf(uint64_t size) {
  unsigned bits = 0;
  while (bits < kMaxChunkBits && (kBlock << bits) < size) ++bits;
  const uint64_t chunk = uint64_t{kBlock} << bits;
  return {bits, size / chunk + (size % chunk == 0 ? 0 : 1)};
}

std::string EncodeXattrs(const Xattrs& xattrs) {
  if (xattrs.empty()) return {};
  std::string encoded(sizeof(XattrHeader), '\0');
  for (const auto& [name, value] : xattrs) {
    const auto known = std::find_if(kPrefixes.begin(), kPrefixes.end(),
                                    [&](const auto& prefix) { return name.starts_with(prefix.first); });
    const std::string_view rest = std::string_view(name).substr(known->first.size());
    const XattrEntry entry{static_cast<uint8_t>(rest.size()), known->second,
                           static_cast<uint16_t>(value.size())};
    encoded.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    encoded.append(rest).append(value);
    encoded.resize(AlignUp(encoded.size(), kXattrUnit));
  }
  return encoded;
}

std::vector<Listed> ListDirectory(const Placed& directory) {
  std::vector<Listed> entries;
  entries.reserve(directory.node->children.size() + 2);
  for (const auto& [name, node] : directory.node->children) entries.push_back({name, node});
  // Names exist that sort before the dot.
  const auto insert = [&](const char* name, const LayerNode* node) {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [&](const Listed& e) { return e.name > name; });
    entries.insert(at, {name, node});
  };
  insert(".", directory.node);
  insert("..", directory.parent);
  return entries;
}

Fit FitInBlock(const std::vector<Listed>& entries, size_t first) {
  Fit fit{0, 0};
  for (size_t i = first; i < entries.size(); ++i) {
    const size_t bytes = fit.bytes + sizeof(DirectoryEntry) + entries[i].name.size();
    if (bytes > kBlock) break;
    fit = {fit.count + 1, bytes};
  }
  return fit;
}

Plan::Plan(const LayerTree& tree) {
  Walk(tree.root());
  uint64_t at = kFirstInode;
  for (Placed& placed : inodes_) {
    CheckInterrupted();
    Place(placed, at);
  }
  inodes_end_ = at;
  uint64_t block = AlignUp(at, kBlock) / kBlock;
  for (Placed& placed : inodes_) {
    if (IsChunked(*placed.node) || placed.layout == kFlatInline || placed.size == 0) continue;
    placed.block = static_cast<uint32_t>(block);
    block += AlignUp(placed.size, kBlock) / kBlock;
    if (block > std::numeric_limits<uint32_t>::max()) throw Unfit{"its index would be larger than 2 TiB"};
  }
  blocks_ = static_cast<uint32_t>(block);
}

void Plan::Walk(const LayerNode& root) {
  std::vector<std::pair<const LayerNode*, const LayerNode*>> pending = {{&root, &root}};
  while (!pending.empty()) {
    const auto [node, parent] = pending.back();
    pending.pop_back();
    Meet(node, parent);
    for (auto child = node->children.rbegin(); child != node->children.rend(); ++child)
      pending.emplace_back(child->second, node);
  }
}

/** Each name counts as a link; a directory is linked by itself, and by each directory in it. */
void Plan::Meet(const LayerNode* node, const LayerNode* parent) {
  const auto [found, first] = indexes_.emplace(node, inodes_.size());
  if (first) {
    inodes_.push_back({node, parent});
    inodes_.back().links = S_ISDIR(node->mode) ? 2 : 1;
  } else {
    ++inodes_[found->second].links;
  }
  if (S_ISDIR(node->mode) && node != parent) ++inodes_[indexes_.at(parent)].links;
}

void Plan::Place(Placed& placed, uint64_t& at) {
  const LayerNode& node = *placed.node;
  const size_t xattrs = XattrsSize(node.xattrs);
  if (xattrs > kMaxXattrs) ThrowErrno("lsetxattr", {}, ENOSPC);
  for (const auto& [name, value] : node.xattrs) {
    if (value.size() > std::numeric_limits<uint16_t>::max()) ThrowErrno("lsetxattr", name, ENOSPC);
  }
  uint64_t size = sizeof(Inode) + xattrs;
  at = AlignUp(at, kInodeSlot);
  if (IsChunked(node)) {
    placed.layout = kChunkBased;
    placed.size = node.size;
    size = AlignUp(size, sizeof(ChunkIndex)) + ChunksOf(node.size).count * sizeof(ChunkIndex);
  } else if (S_ISDIR(node.mode)) {
    placed.size = DirectorySize(ListDirectory(placed));
  } else if (S_ISLNK(node.mode)) {
    placed.size = node.link.size();
    // Inline content may not cross the end of a block.
    if (size + placed.size <= kBlock) {
      placed.layout = kFlatInline;
      size += placed.size;
      if (at % kBlock + size > kBlock) at = AlignUp(at, kBlock);
    }
  }
  placed.offset = at;
  at += size;
}

}  // namespace slipway::erofs

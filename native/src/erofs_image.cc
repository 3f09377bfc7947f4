#include "erofs_image.h"

#include <isa-l/crc.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "digesting_writer.h"
#include "erofs_format.h"
#include "erofs_plan.h"
#include "errors.h"
#include "interrupt.h"

namespace slipway {
namespace {

using namespace erofs;

/** Of the table of one device. */
constexpr uint16_t kDevice = 1;

/** The form in which the kernel stores a device's number (new_encode_dev). */
uint32_t EncodeDevice(unsigned major, unsigned minor) {
  return (minor & 0xFF) | major << 8 | (minor & ~0xFFu) << 12;
}

uint8_t TypeOf(const LayerNode& node) {
  switch (node.mode & S_IFMT) {
    case S_IFREG:
      return 1;
    case S_IFDIR:
      return 2;
    case S_IFCHR:
      return 3;
    case S_IFBLK:
      return 4;
    case S_IFIFO:
      return 5;
    default:
      return 7;
  }
}

template <typename Struct>
void Append(std::string& to, const Struct& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/** Writes an image from its start to its end, through a buffer. */
class ImageWriter {
 public:
  ImageWriter(int out, const Plan& plan, const ErofsOptions& options)
      : out_(out), plan_(plan), options_(options) {}

  void Run() {
    AddSuperBlock();
    uint32_t number = 0;
    for (const Placed& placed : plan_.inodes()) AddInode(placed, ++number);
    for (const Placed& placed : plan_.inodes()) {
      if (placed.block != 0) AddContent(placed);
    }
    PadTo(uint64_t{plan_.blocks()} * kBlock);
    Flush();
  }

 private:
  static constexpr size_t kBuffer = 1 << 20;

  void AddSuperBlock() {
    const uint64_t device_blocks = options_.device_size / kBlock;
    if (device_blocks > std::numeric_limits<uint32_t>::max()) throw Unfit{"it is larger than 2 TiB"};
    SuperBlock super = {};
    super.magic = kMagic;
    super.feature_compat = kCompatChecksum | kCompatMtime;
    super.feature_incompat = kIncompatChunked | kIncompatDeviceTable;
    super.block_bits = kBlockBits;
    super.root_nid = static_cast<uint16_t>(plan_.inodes().front().offset / kInodeSlot);
    super.inodes = plan_.inodes().size();
    super.blocks = plan_.blocks();
    std::copy(options_.uuid.begin(), options_.uuid.end(), super.uuid);
    super.extra_devices = 1;
    super.device_slot = (kSuperOffset + sizeof super) / sizeof(DeviceSlot);
    DeviceSlot device = {};
    device.blocks = static_cast<uint32_t>(device_blocks);
    std::string block;
    Append(block, super);
    Append(block, device);
    block.resize(kBlock);
    const uint32_t sum = ::crc32_iscsi(reinterpret_cast<unsigned char*>(block.data()), kBlock, ~0u);
    std::memcpy(block.data() + offsetof(SuperBlock, checksum), &sum, sizeof sum);
    PadTo(kSuperOffset);
    buffer_ += block;
  }

  void AddInode(const Placed& placed, uint32_t number) {
    const LayerNode& node = *placed.node;
    PadTo(placed.offset);
    const std::string xattrs = EncodeXattrs(node.xattrs);
    Inode inode = {};
    inode.format = FormatOf(placed.layout);
    if (!xattrs.empty()) {
      inode.xattr_count = static_cast<uint16_t>((xattrs.size() - sizeof(XattrHeader)) / kXattrUnit + 1);
    }
    inode.mode = static_cast<uint16_t>(node.mode);
    inode.size = placed.size;
    inode.place = PlaceOf(placed);
    inode.number = number;
    inode.uid = node.uid;
    inode.gid = node.gid;
    inode.mtime = static_cast<uint64_t>(node.mtime);
    inode.mtime_ns = node.mtime_ns;
    inode.links = placed.links;
    Append(buffer_, inode);
    buffer_ += xattrs;
    if (placed.layout == kFlatInline) buffer_ += node.link;
    if (placed.layout == kChunkBased) AddChunks(node);
  }

  static uint32_t PlaceOf(const Placed& placed) {
    const LayerNode& node = *placed.node;
    if (placed.layout == kChunkBased) return kChunkIndexes | ChunksOf(node.size).bits;
    const bool device = S_ISCHR(node.mode) || S_ISBLK(node.mode);
    return device ? EncodeDevice(node.major, node.minor) : placed.block;
  }

  void AddChunks(const LayerNode& node) {
    const Chunks chunks = ChunksOf(node.size);
    PadTo(AlignUp(Position(), sizeof(ChunkIndex)));
    for (uint64_t i = 0; i < chunks.count; ++i) {
      const uint64_t block = node.data / kBlock + (i << chunks.bits);
      Append(buffer_, ChunkIndex{0, kDevice, static_cast<uint32_t>(block)});
    }
  }

  void AddContent(const Placed& placed) {
    PadTo(uint64_t{placed.block} * kBlock);
    if (S_ISLNK(placed.node->mode)) {
      buffer_ += placed.node->link;
      return;
    }
    const std::vector<Listed> entries = ListDirectory(placed);
    for (size_t first = 0; first < entries.size();) {
      PadTo(AlignUp(Position(), kBlock));
      first += AddDirectoryBlock(entries, first);
    }
  }

  /** Entries first, then their names. Returns how many of `entries` from `first` on the block holds. */
  size_t AddDirectoryBlock(const std::vector<Listed>& entries, size_t first) {
    const size_t count = FitInBlock(entries, first).count;
    size_t name = count * sizeof(DirectoryEntry);
    for (size_t i = first; i < first + count; ++i) {
      const LayerNode& node = *entries[i].node;
      Append(buffer_, DirectoryEntry{plan_.NidOf(&node), static_cast<uint16_t>(name), TypeOf(node), 0});
      name += entries[i].name.size();
    }
    for (size_t i = first; i < first + count; ++i) buffer_ += entries[i].name;
    return count;
  }

  uint64_t Position() const { return written_ + buffer_.size(); }

  void PadTo(uint64_t offset) {
    buffer_.resize(offset - written_, '\0');
    if (buffer_.size() >= kBuffer) Flush();
  }

  void Flush() {
    CheckInterrupted();
    WriteAll(out_, buffer_.data(), buffer_.size());
    written_ += buffer_.size();
    buffer_.clear();
  }

  const int out_;
  const Plan& plan_;
  const ErofsOptions& options_;
  std::string buffer_;
  uint64_t written_ = 0;
};

}  // namespace

uint64_t WriteErofs(int out, const LayerTree& tree, const ErofsOptions& options) {
  const Plan plan(tree);
  ImageWriter(out, plan, options).Run();
  return uint64_t{plan.blocks()} * kBlock;
}

}  // namespace slipway

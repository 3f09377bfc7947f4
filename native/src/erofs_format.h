#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

// The on-disk structures of EROFS, little-endian: https://docs.kernel.org/filesystems/erofs.html and the
// kernel's fs/erofs/erofs_fs.h.

namespace slipway::erofs {

static_assert(std::endian::native == std::endian::little, "the structures are written as they are in memory");

/** The smallest there is, and a tar's: a member's content begins at a block. */
constexpr unsigned kBlockBits = 9;
constexpr size_t kBlock = size_t{1} << kBlockBits;
constexpr size_t kSuperOffset = 1024;
/** An inode's number is its place in the image in these units. */
constexpr size_t kInodeSlot = 32;

constexpr uint32_t kMagic = 0xE0F5E1E2;
constexpr uint32_t kCompatChecksum = 0x1;
constexpr uint32_t kCompatMtime = 0x2;
constexpr uint32_t kIncompatChunked = 0x4;
constexpr uint32_t kIncompatDeviceTable = 0x8;

struct [[gnu::packed]] SuperBlock {
  uint32_t magic;
  /** CRC-32C of the block from here on, with zero in this field. */
  uint32_t checksum;
  uint32_t feature_compat;
  uint8_t block_bits;
  uint8_t ext_slots;
  uint16_t root_nid;
  uint64_t inodes;
  uint64_t build_time;
  uint32_t build_time_ns;
  uint32_t blocks;
  uint32_t meta_block;
  uint32_t xattr_block;
  uint8_t uuid[16];
  uint8_t volume_name[16];
  uint32_t feature_incompat;
  uint16_t compression;
  uint16_t extra_devices;
  /** Of the device table, in units of a slot. */
  uint16_t device_slot;
  uint8_t directory_block_bits;
  uint8_t reserved[37];
};
static_assert(sizeof(SuperBlock) == 128);

struct [[gnu::packed]] DeviceSlot {
  uint8_t tag[64];
  uint32_t blocks;
  uint32_t uniform_address;
  uint8_t reserved[56];
};
static_assert(sizeof(DeviceSlot) == 128);

enum Layout : uint16_t { kFlatPlain = 0, kFlatInline = 2, kChunkBased = 4 };

/** i_format of the long form of an inode. */
constexpr uint16_t FormatOf(Layout layout) { return static_cast<uint16_t>(layout << 1 | 1); }

struct [[gnu::packed]] Inode {
  uint16_t format;
  uint16_t xattr_count;
  uint16_t mode;
  uint16_t reserved;
  uint64_t size;
  /** First block of the content, a device's number, or the chunks' format. */
  uint32_t place;
  uint32_t number;
  uint32_t uid;
  uint32_t gid;
  uint64_t mtime;
  uint32_t mtime_ns;
  uint32_t links;
  uint8_t reserved2[16];
};
static_assert(sizeof(Inode) == 64);

/** Chunks are given by ChunkIndex; the low bits are a chunk's size above that of a block, as a power of two.
 */
constexpr uint32_t kChunkIndexes = 0x20;
constexpr unsigned kMaxChunkBits = 31;

struct [[gnu::packed]] ChunkIndex {
  uint16_t block_high;
  uint16_t device;
  uint32_t block;
};
static_assert(sizeof(ChunkIndex) == 8);

struct [[gnu::packed]] XattrHeader {
  uint32_t name_filter;
  uint8_t shared_count;
  uint8_t reserved[7];
};
static_assert(sizeof(XattrHeader) == 12);

struct [[gnu::packed]] XattrEntry {
  uint8_t name_size;
  uint8_t prefix;
  uint16_t value_size;
};
constexpr size_t kXattrUnit = sizeof(XattrEntry);

struct [[gnu::packed]] DirectoryEntry {
  uint64_t nid;
  uint16_t name_offset;
  uint8_t type;
  uint8_t reserved;
};
static_assert(sizeof(DirectoryEntry) == 12);

constexpr uint64_t AlignUp(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace slipway::erofs

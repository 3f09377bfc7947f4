#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

constexpr size_t kTarBlock = 512;

/** Zero bytes that follow `size` bytes of content. */
constexpr size_t TarPadding(uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

/** Type flags of POSIX.1-1988 and -2001, and of GNU tar. */
enum TarType : char {
  kTarFile = '0',
  kTarHardLink = '1',
  kTarSymlink = '2',
  kTarChar = '3',
  kTarBlockDevice = '4',
  kTarDirectory = '5',
  kTarFifo = '6',
};

using Xattrs = std::map<std::string, std::string>;

/** A part of a sparse file that holds data. */
struct TarSegment {
  uint64_t offset;
  uint64_t size;
};

/** A member of an archive, whatever dialect wrote it. */
struct TarEntry {
  char type = kTarFile;
  std::string path;
  std::string link;
  unsigned mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  int64_t mtime = 0;
  uint32_t mtime_ns = 0;
  /** Logical bytes of the file. */
  uint64_t size = 0;
  /** Bytes that follow the header; less than `size` in a sparse member. */
  uint64_t stored = 0;
  unsigned major = 0;
  unsigned minor = 0;
  Xattrs xattrs;
  bool sparse = false;
  std::vector<TarSegment> segments;
};

/**
 * Appends the header blocks of `entry` to `out`: one ustar block when that can say everything, preceded by a
 * PAX header otherwise. A directory's path gets its slash here. Whole seconds; sparse members are not
 * written. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
 */
void AppendTarHeader(std::string& out, const TarEntry& entry);

}  // namespace slipway

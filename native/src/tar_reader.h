#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "byte_source.h"
#include "tar_format.h"

namespace slipway {

/**
 * Reads archives of any dialect: V7, ustar, PAX, GNU (long names, base-256 numbers, sparse files of the old
 * and the PAX forms), star. Input is hostile: every number is checked, every header bounded. Throws
 * ArchiveError.
 */
class TarReader {
 public:
  explicit TarReader(int fd) : source_(fd) {}

  /** The next member, what is left of the former's content skipped; nothing at the end. */
  std::optional<TarEntry> Next();

  /** Where in the archive, a regular file, the current member's content begins: always at a block of 512
   * bytes. */
  uint64_t Position() const { return source_.Position(); }

  /** Bytes of the current member's content that are buffered, at most `most`; never empty before its end. */
  std::string_view Content(uint64_t most);
  void Consume(size_t size);
  /** Copies the next `size` bytes of content to the position of `out`. */
  void CopyTo(int out, uint64_t size);

 private:
  using Records = std::map<std::string, std::string, std::less<>>;

  bool ReadHeader(char* block);
  std::string ReadBody(uint64_t size, const char* what);
  Records ReadRecords(uint64_t size);
  void ReadOldSparse(TarEntry& entry, const char* block);
  void ReadSparseRecords(TarEntry& entry, const Records& records);
  void ReadSparseMap(TarEntry& entry);
  void Finish(TarEntry& entry, const Records& records);

  ByteSource source_;
  uint64_t left_ = 0;
  size_t padding_ = 0;
};

}  // namespace slipway

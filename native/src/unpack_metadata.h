#pragma once

#include <ctime>

#include <cstdint>
#include <optional>
#include <utility>

#include "tar_reader.h"
#include "unpack_place.h"

namespace slipway {

using Owner = std::pair<uint32_t, uint32_t>;

struct timespec TimeOf(const TarEntry& entry);

/** Modification and access time; an empty `name` is `fd` itself. */
void SetTimes(int fd, const char* name, const struct timespec& time);

/** Owner (`owner` in place of the archive's), mode and extended attributes of an archive's member on what was
 * made of it. */
class MemberMetadata {
 public:
  explicit MemberMetadata(std::optional<Owner> owner) : owner_(owner) {}
  /** Without the times: the content may still be written. */
  void Set(int fd, const TarEntry& entry) const;
  /** With the times. For what has no descriptor: links and nodes. */
  void SetAt(const Place& place, const TarEntry& entry) const;

 private:
  Owner OwnerOf(const TarEntry& entry) const { return owner_.value_or(Owner(entry.uid, entry.gid)); }

  const std::optional<Owner> owner_;
};

}  // namespace slipway

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace slipway {

/** What a layer's whiteouts become: overlay's own, removals in the target, or files as they are. */
enum class Whiteouts { kOverlay, kApply, kKeep };

struct UnpackOptions {
  Whiteouts whiteouts = Whiteouts::kKeep;
  uint64_t max_bytes = std::numeric_limits<uint64_t>::max();
  /** Of every entry, in place of the archive's. */
  std::optional<std::pair<uint32_t, uint32_t>> owner;
  /** Whether a directory that is there may not become something else, nor something else a directory. */
  bool keep_directories = false;
};

struct Unpacked {
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

/** See KernelLayers.unpackLayer. Throws ArchiveError, SyscallError. */
Unpacked UnpackTo(int tar, const std::string& target, const UnpackOptions& options);

}  // namespace slipway

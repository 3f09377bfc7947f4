#include "file_digest.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <span>

#include "errors.h"
#include "job.h"
#include "run_on_threads.h"
#include "sha256_lanes.h"

namespace slipway {
namespace {

constexpr off_t kLargeBytes = 8 << 20;
constexpr size_t kPieceBytes = 32 << 10;
/** As much as one thread reads and digests at a time. */
constexpr size_t kGroupBytes = kPieceBytes * kSha256Lanes;

/** Reads from `at` on until the buffer is full or the file ends. */
std::span<const unsigned char> ReadAt(int file, const std::string& path, off_t at,
                                      std::span<unsigned char> buffer) {
  size_t size = 0;
  while (size < buffer.size()) {
    const off_t offset = at + static_cast<off_t>(size);
    const ssize_t read =
        Check(::pread(file, buffer.data() + size, buffer.size() - size, offset), "read", path);
    if (read == 0) break;
    size += static_cast<size_t>(read);
  }
  return buffer.first(size);
}

Digest DigestFrom(int file, const std::string& path, off_t start, std::span<unsigned char> buffer) {
  Sha256 sha256;
  for (off_t at = start;;) {
    const auto bytes = ReadAt(file, path, at, buffer);
    sha256.Update(bytes.data(), bytes.size());
    if (bytes.size() < buffer.size()) return sha256.Finish();
    at += static_cast<off_t>(bytes.size());
    CheckInterrupted();
  }
}

void DigestPieces(std::span<const unsigned char> bytes, std::span<Digest> pieces) {
  if (bytes.size() == kGroupBytes && HasSha256Lanes())
    return Sha256Lanes(bytes.data(), kPieceBytes, pieces.first<kSha256Lanes>());
  for (Digest& piece : pieces) {
    const size_t size = std::min(bytes.size(), kPieceBytes);
    Sha256 sha256;
    sha256.Update(bytes.data(), size);
    piece = sha256.Finish();
    bytes = bytes.subspan(size);
  }
}

Digest DigestLarge(int file, const std::string& path, off_t size) {
  const auto length = static_cast<size_t>(size);
  std::vector<Digest> pieces((length + kPieceBytes - 1) / kPieceBytes);
  std::atomic<size_t> next{0};
  RunOnThreads(WorkerCount(length / kGroupBytes), [&] {
    std::vector<unsigned char> buffer(kGroupBytes);
    for (size_t at = kGroupBytes * next++; at < length; at = kGroupBytes * next++) {
      const std::span wanted(buffer.data(), std::min(kGroupBytes, length - at));
      const auto bytes = ReadAt(file, path, static_cast<off_t>(at), wanted);
      const size_t first = at / kPieceBytes;
      DigestPieces(bytes, std::span(pieces).subspan(first, std::min(kSha256Lanes, pieces.size() - first)));
      CheckInterrupted();
    }
  });
  Sha256 sha256;
  for (const Digest& piece : pieces) sha256.Update(piece.data(), piece.size());
  std::vector<unsigned char> buffer(kPieceBytes);
  const Digest added = DigestFrom(file, path, size, buffer);
  sha256.Update(added.data(), added.size());
  return sha256.Finish();
}

}  // namespace

Digest DigestFile(int file, const std::string& path, off_t size, std::vector<unsigned char>& buffer) {
  return size > kLargeBytes ? DigestLarge(file, path, size) : DigestFrom(file, path, 0, buffer);
}

}  // namespace slipway

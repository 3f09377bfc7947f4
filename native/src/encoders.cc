#include "encoders.h"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "gzip_encoder.h"

namespace slipway {
namespace {

// ── gzip ────────────────────────────────────────────────────────────────────────────────────────────

// RFC 1952: no name, no time, unknown system. And an empty final block, which ends the independent ones.
constexpr std::string_view kGzipHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
constexpr std::string_view kFinalBlock("\x03\x00", 2);

std::string GzipTrailer(uint32_t crc32, uint64_t size) {
  const uint32_t fields[] = {crc32, static_cast<uint32_t>(size)};
  std::string trailer(kFinalBlock);
  return trailer.append(reinterpret_cast<const char*>(fields), sizeof fields);
}

// ── zstd ────────────────────────────────────────────────────────────────────────────────────────────

/** The window of the default level: larger blocks would compress hardly better. */
constexpr size_t kZstdBlock = 2 << 20;

/** A block is a frame with its size and its checksum (RFC 8878, section 3.1.1). */
class ZstdEncoder final : public BlockEncoder {
 public:
  explicit ZstdEncoder(int level) : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  size_t Run(std::span<const char> input, std::span<char> output) override {
    const size_t size =
        ZSTD_compress2(context_.get(), output.data(), output.size(), input.data(), input.size());
    if (ZSTD_isError(size)) throw std::runtime_error(ZSTD_getErrorName(size));
    return size;
  }

 private:
  const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context_;
};

/** No frame at all would be no zstd. */
std::string ZstdTrailer(uint32_t, uint64_t size) {
  if (size > 0) return {};
  std::string frame(ZSTD_COMPRESSBOUND(0), '\0');
  frame.resize(ZstdEncoder(1).Run({}, frame));
  return frame;
}

template <typename Encoder>
std::unique_ptr<BlockEncoder> Make(int level) {
  return std::make_unique<Encoder>(level);
}

const Encoding kEncodings[] = {
    {"gzip", kLowestGzipLevel, kHighestGzipLevel, kGzipBlock, kGzipBound, kGzipHeader, Make<GzipEncoder>,
     GzipTrailer},
    {"zstd", 1, 19, kZstdBlock, ZSTD_COMPRESSBOUND(kZstdBlock), {}, Make<ZstdEncoder>, ZstdTrailer},
};

}  // namespace

const Encoding* EncodingOf(std::string_view name) {
  const auto* found = std::find_if(std::begin(kEncodings), std::end(kEncodings),
                                   [name](const Encoding& encoding) { return name == encoding.name; });
  return found == std::end(kEncodings) ? nullptr : found;
}

}  // namespace slipway

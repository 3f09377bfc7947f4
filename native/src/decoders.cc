#include "decoders.h"

#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "errors.h"

namespace slipway {
namespace {

[[noreturn]] void Damaged(const char* format, const std::string& why) {
  throw ArchiveError{std::string(format) + " data is damaged: " + why};
}
[[noreturn]] void Cut(const char* format) {
  throw ArchiveError{std::string(format) + " data ends before its end"};
}

void Copy(const Input& input, const Output& output) {
  for (std::string_view ready; !(ready = input.peek()).empty();) {
    const std::span<char> space = output.space();
    const size_t size = std::min(space.size(), ready.size());
    std::memcpy(space.data(), ready.data(), size);
    output.commit(size);
    input.consume(size);
  }
}

/** Zero bytes up to the end, with which tape blocks and some writers fill up. */
bool OnlyZerosLeft(const Input& input) {
  for (std::string_view ready; !(ready = input.peek()).empty();) {
    if (std::any_of(ready.begin(), ready.end(), [](char byte) { return byte != 0; })) return false;
    input.consume(ready.size());
  }
  return true;
}

// ── gzip ────────────────────────────────────────────────────────────────────────────────────────────

std::string GzipReason(int status) {
  switch (status) {
    case ISAL_INCORRECT_CHECKSUM:
      return "the checksum is wrong";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
      return "the header is wrong";
    default:
      return "a block is invalid";
  }
}

/** One member; the state is reused. */
void DecodeGzipMember(struct inflate_state& state, const Input& input, const Output& output) {
  isal_inflate_reset(&state);
  state.crc_flag = ISAL_GZIP;
  while (state.block_state != ISAL_BLOCK_FINISH) {
    const std::string_view ready = input.peek();
    const std::span<char> space = output.space();
    state.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(ready.data()));
    state.avail_in = static_cast<uint32_t>(ready.size());
    state.next_out = reinterpret_cast<uint8_t*>(space.data());
    state.avail_out = static_cast<uint32_t>(space.size());
    const int status = isal_inflate(&state);
    if (status < 0) Damaged("gzip", GzipReason(status));
    const size_t taken = ready.size() - state.avail_in;
    const size_t made = space.size() - state.avail_out;
    input.consume(taken);
    output.commit(made);
    if (ready.empty() && made == 0 && state.block_state != ISAL_BLOCK_FINISH) Cut("gzip");
  }
}

void DecodeGzip(const Input& input, const Output& output) {
  const auto state = std::make_unique<struct inflate_state>();
  isal_inflate_init(state.get());
  do {
    DecodeGzipMember(*state, input, output);
    const std::string_view ready = input.peek();
    if (ready.empty()) return;
    if (ready[0] == 0) break;
  } while (true);
  if (!OnlyZerosLeft(input)) Damaged("gzip", "what follows the last member is not gzip");
}

// ── zstd ────────────────────────────────────────────────────────────────────────────────────────────

void DecodeZstd(const Input& input, const Output& output) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                        ZSTD_freeDStream);
  // 128 MiB is what the zstd command takes by default as well: a hostile header cannot ask for more memory.
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 27);
  size_t wanted = 1;
  for (;;) {
    const std::string_view ready = input.peek();
    const std::span<char> space = output.space();
    ZSTD_inBuffer in = {ready.data(), ready.size(), 0};
    ZSTD_outBuffer out = {space.data(), space.size(), 0};
    if (ready.empty() && wanted == 0) return;
    wanted = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(wanted)) Damaged("zstd", ZSTD_getErrorName(wanted));
    input.consume(in.pos);
    output.commit(out.pos);
    if (ready.empty() && out.pos == 0 && wanted != 0) Cut("zstd");
  }
}

// ── xz ──────────────────────────────────────────────────────────────────────────────────────────────

void DecodeXz(const Input& input, const Output& output) {
  constexpr uint64_t kMemory = 256ULL << 20;
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> end(&stream, lzma_end);
  if (lzma_stream_decoder(&stream, kMemory, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
  for (;;) {
    const std::string_view ready = input.peek();
    const std::span<char> space = output.space();
    stream.next_in = reinterpret_cast<const uint8_t*>(ready.data());
    stream.avail_in = ready.size();
    stream.next_out = reinterpret_cast<uint8_t*>(space.data());
    stream.avail_out = space.size();
    const lzma_ret status = lzma_code(&stream, ready.empty() ? LZMA_FINISH : LZMA_RUN);
    input.consume(ready.size() - stream.avail_in);
    output.commit(space.size() - stream.avail_out);
    if (status == LZMA_STREAM_END) return;
    if (status == LZMA_BUF_ERROR) Cut("xz");
    if (status == LZMA_MEMLIMIT_ERROR) Damaged("xz", "it asks for more than 256 MiB of memory");
    if (status != LZMA_OK) Damaged("xz", "a block is invalid");
  }
}

// ── bzip2 ───────────────────────────────────────────────────────────────────────────────────────────

void DecodeBzip2Stream(const Input& input, const Output& output) {
  bz_stream stream = {};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) throw std::bad_alloc();
  const std::unique_ptr<bz_stream, int (*)(bz_stream*)> end(&stream, BZ2_bzDecompressEnd);
  for (;;) {
    const std::string_view ready = input.peek();
    const std::span<char> space = output.space();
    stream.next_in = const_cast<char*>(ready.data());
    stream.avail_in = static_cast<unsigned>(ready.size());
    stream.next_out = space.data();
    stream.avail_out = static_cast<unsigned>(space.size());
    const int status = BZ2_bzDecompress(&stream);
    const size_t made = space.size() - stream.avail_out;
    input.consume(ready.size() - stream.avail_in);
    output.commit(made);
    if (status == BZ_STREAM_END) return;
    if (status != BZ_OK) Damaged("bzip2", "a block is invalid");
    if (ready.empty() && made == 0) Cut("bzip2");
  }
}

void DecodeBzip2(const Input& input, const Output& output) {
  // Parallel compressors write one stream a block.
  do {
    DecodeBzip2Stream(input, output);
  } while (!input.peek().empty());
}

bool IsGzip(std::string_view start) { return start.starts_with("\x1f\x8b\x08"); }
bool IsZstd(std::string_view start) {
  // A stream may begin with a skippable frame, whose magic numbers are a range of sixteen.
  const bool skippable =
      start.size() >= 4 && (start[0] & 0xF0) == 0x50 && start.substr(1, 3) == "\x2a\x4d\x18";
  return skippable || start.starts_with("\x28\xb5\x2f\xfd");
}
bool IsXz(std::string_view start) {
  return start.starts_with(
      std::string_view("\xfd"
                       "7zXZ\0",
                       6));
}
bool IsBzip2(std::string_view start) {
  return start.size() >= 4 && start.starts_with("BZh") && start[3] >= '1' && start[3] <= '9';
}
bool IsAnything(std::string_view) { return true; }

constexpr Format kFormats[] = {
    {"gzip", IsGzip, DecodeGzip},    {"zstd", IsZstd, DecodeZstd}, {"xz", IsXz, DecodeXz},
    {"bzip2", IsBzip2, DecodeBzip2}, {"none", IsAnything, Copy},
};

}  // namespace

const Format& FormatOf(std::string_view start) {
  return *std::find_if(std::begin(kFormats), std::end(kFormats),
                       [start](const Format& format) { return format.matches(start); });
}

}  // namespace slipway

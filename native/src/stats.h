#pragma once

#include <napi.h>
#include <sys/stat.h>

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/** statx(2) of what `fd` refers to (AT_EMPTY_PATH), or of `name` in it; links are not followed. */
struct statx Statx(int fd, const char* name = "", std::string_view path = {});

/** What an overlay upper directory has in place of a removed name: a device 0:0. */
bool IsWhiteout(const struct statx& stat);

/** Target of the link that `fd` (O_PATH | O_NOFOLLOW) refers to, or of `name` in it. */
std::string ReadLink(int fd, const char* name = "");

constexpr size_t kStatFields = 12;
/** The first field of a directory. */
constexpr uint64_t kDirectory = std::bit_cast<uint64_t>(1.0);

/** One row for JavaScript: a stat with its path and link target. */
struct StatRow {
  StatRow(std::string path, const struct statx& stat, std::string link);

  std::string path;
  std::string link;
  /** Floating-point numbers, and from the ninth on integers. */
  std::array<uint64_t, kStatFields> fields;
};

/**
 * Rows as { fields: ArrayBuffer, text: string }, which native/file-table.ts reads: twelve 64-bit numbers a
 * row, and "path\0link\0" a row. A row that is absent has the type -1.
 */
Napi::Value PackRows(Napi::Env env, const std::vector<std::optional<StatRow>>& rows);

}  // namespace slipway

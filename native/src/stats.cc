#include "stats.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "errors.h"
#include "values.h"

namespace slipway {
namespace {

int TypeIndex(unsigned mode) {
  // The order of FILE_TYPES in native/file-table.ts.
  switch (mode & S_IFMT) {
    case S_IFREG:
      return 0;
    case S_IFDIR:
      return 1;
    case S_IFLNK:
      return 2;
    case S_IFCHR:
      return 3;
    case S_IFBLK:
      return 4;
    case S_IFIFO:
      return 5;
    default:
      return 6;
  }
}

/** Filesystems keep times that 64 bits of nanoseconds do not hold: they become the nearest that those do. */
int64_t Nanoseconds(const struct statx_timestamp& time) {
  int64_t sum;
  const bool overflow = __builtin_mul_overflow(time.tv_sec, 1'000'000'000, &sum) ||
                        __builtin_add_overflow(sum, time.tv_nsec, &sum);
  if (!overflow) return sum;
  return time.tv_sec < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

std::array<uint64_t, kStatFields> PackStat(const struct statx& stat) {
  const double numbers[] = {static_cast<double>(TypeIndex(stat.stx_mode)),
                            static_cast<double>(stat.stx_mode & 07777),
                            static_cast<double>(stat.stx_uid),
                            static_cast<double>(stat.stx_gid),
                            static_cast<double>(stat.stx_nlink),
                            static_cast<double>(stat.stx_rdev_major),
                            static_cast<double>(stat.stx_rdev_minor),
                            static_cast<double>(stat.stx_size)};
  const uint64_t integers[] = {stat.stx_ino, gnu_dev_makedev(stat.stx_dev_major, stat.stx_dev_minor),
                               static_cast<uint64_t>(Nanoseconds(stat.stx_mtime)),
                               static_cast<uint64_t>(Nanoseconds(stat.stx_ctime))};
  std::array<uint64_t, kStatFields> fields;
  static_assert(sizeof numbers + sizeof integers == sizeof fields);
  std::memcpy(fields.data(), numbers, sizeof numbers);
  std::memcpy(fields.data() + std::size(numbers), integers, sizeof integers);
  return fields;
}

}  // namespace

struct statx Statx(int fd, const char* name, std::string_view path) {
  struct statx stat;
  const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  Check(::statx(fd, name, flags, STATX_BASIC_STATS, &stat), "statx", path.empty() ? name : path);
  return stat;
}

bool IsWhiteout(const struct statx& stat) {
  return S_ISCHR(stat.stx_mode) && stat.stx_rdev_major == 0 && stat.stx_rdev_minor == 0;
}

std::string ReadLink(int fd, const char* name) {
  std::string target(256, '\0');
  for (;;) {
    const ssize_t length = Check(::readlinkat(fd, name, target.data(), target.size()), "readlinkat", name);
    if (static_cast<size_t>(length) < target.size()) {
      target.resize(static_cast<size_t>(length));
      return target;
    }
    target.resize(target.size() * 4);
  }
}

StatRow::StatRow(std::string path, const struct statx& stat, std::string link)
    : path(std::move(path)), link(std::move(link)), fields(PackStat(stat)) {}

Napi::Value PackRows(Napi::Env env, const std::vector<std::optional<StatRow>>& rows) {
  Napi::ArrayBuffer fields = Napi::ArrayBuffer::New(env, rows.size() * sizeof(StatRow::fields));
  auto* numbers = static_cast<double*>(fields.Data());
  std::string text;
  for (const auto& row : rows) {
    if (row) {
      std::memcpy(numbers, row->fields.data(), sizeof row->fields);
      text += row->path;
      text += '\0';
      text += row->link;
      text += '\0';
    } else {
      numbers[0] = -1;
      text.append(2, '\0');
    }
    numbers += kStatFields;
  }
  Napi::Object packed = Napi::Object::New(env);
  packed.Set("fields", fields);
  packed.Set("text", ToText(env, text));
  return packed;
}

}  // namespace slipway

#include "tar_format.h"

#include <cstring>
#include <optional>

namespace slipway {
namespace {

/** The fields of a ustar header block. */
struct Header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6];
  char version[2];
  char user[32];
  char group[32];
  char major[8];
  char minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(Header) == kTarBlock);

constexpr uint64_t kMaxId = 07777777;
constexpr uint64_t kMaxLong = 077777777777;

template <size_t Size>
void PutOctal(char (&field)[Size], uint64_t value) {
  for (size_t i = Size - 1; i-- > 0; value >>= 3) field[i] = static_cast<char>('0' + (value & 7));
  field[Size - 1] = '\0';
}

template <size_t Size>
void PutText(char (&field)[Size], std::string_view text) {
  std::memcpy(field, text.data(), std::min(Size, text.size()));
}

/** Where to cut `path` into prefix and name; 0 when the name holds it all; nothing when ustar cannot hold it.
 */
std::optional<size_t> SplitPath(std::string_view path) {
  constexpr size_t kName = sizeof(Header::name);
  constexpr size_t kPrefix = sizeof(Header::prefix);
  if (path.size() <= kName) return 0;
  // The shortest prefix that leaves a name that fits; a directory's own last slash cannot be the cut.
  for (size_t at = path.size() - kName - 1; at <= kPrefix && at + 1 < path.size(); ++at) {
    if (at > 0 && path[at] == '/') return at;
  }
  return std::nullopt;
}

void PutChecksum(Header& header) {
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof header; ++i) sum += reinterpret_cast<const unsigned char*>(&header)[i];
  for (int i = 5; i >= 0; --i, sum >>= 3) header.checksum[i] = static_cast<char>('0' + (sum & 7));
  header.checksum[6] = '\0';
}

void AppendBlock(std::string& out, Header& header) {
  PutText(header.magic, std::string_view("ustar\0", 6));
  PutText(header.version, "00");
  PutChecksum(header);
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
}

/** "<length> <key>=<value>\n", the length counting itself. */
void AppendRecord(std::string& records, std::string_view key, std::string_view value) {
  const size_t fixed = key.size() + value.size() + 3;
  size_t length = fixed + 1;
  while (length != fixed + std::to_string(length).size()) length = fixed + std::to_string(length).size();
  records += std::to_string(length);
  records += ' ';
  records += key;
  records += '=';
  records += value;
  records += '\n';
}

std::string_view LastComponent(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

void AppendPaxHeader(std::string& out, std::string_view path,
                     const std::map<std::string, std::string>& records) {
  std::string body;
  for (const auto& [key, value] : records) AppendRecord(body, key, value);
  Header header = {};
  PutText(header.name, std::string("PaxHeaders.0/").append(LastComponent(path)));
  PutOctal(header.mode, 0644);
  PutOctal(header.uid, 0);
  PutOctal(header.gid, 0);
  PutOctal(header.size, body.size());
  PutOctal(header.mtime, 0);
  PutOctal(header.major, 0);
  PutOctal(header.minor, 0);
  header.type = 'x';
  AppendBlock(out, header);
  out += body;
  out.append(TarPadding(body.size()), '\0');
}

}  // namespace

void AppendTarHeader(std::string& out, const TarEntry& entry) {
  const std::string path = entry.type == kTarDirectory ? entry.path + "/" : entry.path;
  std::map<std::string, std::string> records;
  Header header = {};
  /** The value for the ustar field; 0 with a PAX record when the field cannot hold it. */
  const auto number = [&](const char* key, int64_t value, uint64_t limit) -> uint64_t {
    if (value >= 0 && static_cast<uint64_t>(value) <= limit) return static_cast<uint64_t>(value);
    records[key] = std::to_string(value);
    return 0;
  };
  const std::optional<size_t> cut = SplitPath(path);
  if (!cut) records["path"] = path;
  if (cut && *cut > 0) PutText(header.prefix, std::string_view(path).substr(0, *cut));
  PutText(header.name, std::string_view(path).substr(cut && *cut > 0 ? *cut + 1 : 0));
  if (entry.link.size() > sizeof header.link) records["linkpath"] = entry.link;
  PutText(header.link, entry.link);
  PutOctal(header.mode, entry.mode & 07777);
  PutOctal(header.uid, number("uid", entry.uid, kMaxId));
  PutOctal(header.gid, number("gid", entry.gid, kMaxId));
  PutOctal(header.size, number("size", static_cast<int64_t>(entry.size), kMaxLong));
  PutOctal(header.mtime, number("mtime", entry.mtime, kMaxLong));
  PutOctal(header.major, entry.major);
  PutOctal(header.minor, entry.minor);
  header.type = entry.type;
  for (const auto& [name, value] : entry.xattrs) records["SCHILY.xattr." + name] = value;
  if (!records.empty()) AppendPaxHeader(out, path, records);
  AppendBlock(out, header);
}

}  // namespace slipway

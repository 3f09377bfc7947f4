#include "tar_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "errors.h"
#include "tar_header.h"

namespace slipway {
namespace {

// What Go's archive/tar, and so docker, accepts for a PAX header or a GNU long name.
constexpr uint64_t kMaxSpecial = 1 << 20;
constexpr size_t kMaxSegments = 1 << 20;

[[noreturn]] void Invalid(const std::string& why) { throw ArchiveError{why}; }

bool IsZero(const char* block) {
  return std::all_of(block, block + kTarBlock, [](char byte) { return byte == 0; });
}

/** The types that have no content, whatever their size field says. */
bool IsHeaderOnly(char type) { return type >= kTarHardLink && type <= kTarFifo; }

/** Seconds with an optional fraction, which counts towards the past in a negative number. */
void SetTime(TarEntry& entry, std::string_view text) {
  const bool negative = text.starts_with('-');
  const size_t dot = text.find('.');
  int64_t seconds = 0;
  const std::string_view whole = text.substr(0, dot);
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  if (error != std::errc() || end != whole.data() + whole.size()) Invalid("a time is not a number");
  std::string digits(dot == std::string_view::npos ? "" : text.substr(dot + 1, 9));
  digits.resize(9, '0');
  const auto fraction = static_cast<uint32_t>(TarDecimal(digits, 999'999'999, "a time's fraction"));
  const bool borrow = negative && fraction > 0;
  if (borrow && seconds == std::numeric_limits<int64_t>::min()) Invalid("a time is out of range");
  entry.mtime = borrow ? seconds - 1 : seconds;
  entry.mtime_ns = borrow ? 1'000'000'000 - fraction : fraction;
}

void AddSegment(TarEntry& entry, uint64_t offset, uint64_t size) {
  if (entry.segments.size() >= kMaxSegments) Invalid("a sparse file has too many parts");
  entry.segments.push_back({offset, size});
}

/** Segments in order, inside the file, and as many bytes as are stored. */
void CheckSegments(const TarEntry& entry) {
  uint64_t end = 0;
  uint64_t total = 0;
  for (const TarSegment& segment : entry.segments) {
    const bool inside =
        segment.offset >= end && segment.offset <= entry.size && segment.size <= entry.size - segment.offset;
    if (!inside) Invalid("a sparse file's map is not in order or leaves the file");
    end = segment.offset + segment.size;
    total += segment.size;
  }
  if (total != entry.stored) Invalid("a sparse file's map does not fit its content");
}

constexpr std::string_view kXattr = "SCHILY.xattr.";

}  // namespace

bool TarReader::ReadHeader(char* block) {
  if (!source_.Skip(left_) || !source_.Skip(padding_)) Invalid("unexpected end of the archive");
  left_ = padding_ = 0;
  const std::string_view ready = source_.Peek();
  // Archives without the two zero blocks are common enough.
  if (ready.empty()) return false;
  if (!source_.Read(block, kTarBlock)) Invalid("unexpected end of the archive");
  if (IsZero(block)) return false;
  if (!HasValidTarChecksum(block)) Invalid("a header's checksum is wrong");
  return true;
}

std::string TarReader::ReadBody(uint64_t size, const char* what) {
  if (size > kMaxSpecial) Invalid(std::string(what) + " is larger than 1 MiB");
  std::string body(size, '\0');
  if (!source_.Read(body.data(), size) || !source_.Skip(TarPadding(size)))
    Invalid("unexpected end of the archive");
  return body;
}

TarReader::Records TarReader::ReadRecords(uint64_t size) {
  const std::string body = ReadBody(size, "a PAX header");
  Records records;
  std::string sparse_map;
  for (std::string_view rest = body; !rest.empty();) {
    const size_t space = rest.find(' ');
    if (space == std::string_view::npos) Invalid("a PAX record has no length");
    const uint64_t length = TarDecimal(rest.substr(0, space), rest.size(), "a PAX record's length");
    if (length < space + 3 || rest[length - 1] != '\n') Invalid("a PAX record's length is wrong");
    const std::string_view record = rest.substr(space + 1, length - space - 2);
    rest.remove_prefix(length);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) Invalid("a PAX record has no key");
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if ((key == "path" || key == "linkpath") && value.find('\0') != std::string_view::npos) {
      Invalid("a path has a NUL byte");
    }
    // GNU's first PAX form repeats these two keys, once a segment.
    if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes") {
      sparse_map.append(sparse_map.empty() ? "" : ",").append(value);
    } else {
      records.insert_or_assign(std::string(key), std::string(value));
    }
  }
  if (!sparse_map.empty()) records["GNU.sparse.map"] = sparse_map;
  return records;
}

void TarReader::ReadOldSparse(TarEntry& entry, const char* block) {
  entry.type = kTarFile;
  entry.sparse = true;
  entry.size = TarUnsigned(block, 483, 12, "the size");
  const auto addAll = [&](const char* from, size_t at, size_t count) {
    for (size_t i = 0; i < count; ++i, at += 24) {
      if (from[at] == '\0') return;
      AddSegment(entry, TarUnsigned(from, at, 12, "an offset"), TarUnsigned(from, at + 12, 12, "a size"));
    }
  };
  addAll(block, 386, 4);
  char more[kTarBlock];
  for (bool extended = block[482] != 0; extended; extended = more[504] != 0) {
    if (!source_.Read(more, kTarBlock)) Invalid("unexpected end of the archive");
    addAll(more, 0, 21);
  }
}

/** PAX forms 0.0 and 0.1: "offset,size,offset,size…" */
void TarReader::ReadSparseRecords(TarEntry& entry, const Records& records) {
  std::vector<uint64_t> numbers;
  for (std::string_view rest = records.find("GNU.sparse.map")->second; !rest.empty();) {
    const size_t comma = rest.find(',');
    numbers.push_back(TarDecimal(rest.substr(0, comma), kMaxTarSize, "a sparse file's map"));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  if (numbers.size() % 2 != 0) Invalid("a sparse file's map has an odd count");
  for (size_t i = 0; i < numbers.size(); i += 2) AddSegment(entry, numbers[i], numbers[i + 1]);
  entry.sparse = true;
}

/** PAX form 1.0: decimal lines before the content, padded to a block: the count, then offset and size of
 * each. */
void TarReader::ReadSparseMap(TarEntry& entry) {
  std::string text;
  size_t at = 0;
  const auto nextNumber = [&] {
    size_t end;
    while ((end = text.find('\n', at)) == std::string::npos) {
      char block[kTarBlock];
      // A number has at most 20 digits: what goes on without a line's end is no map.
      if (text.size() - at > kTarBlock || entry.stored < kTarBlock) Invalid("a sparse file's map is broken");
      if (!source_.Read(block, kTarBlock)) Invalid("unexpected end of the archive");
      entry.stored -= kTarBlock;
      text.append(block, kTarBlock);
    }
    const uint64_t number =
        TarDecimal(std::string_view(text).substr(at, end - at), kMaxTarSize, "a sparse file's map");
    at = end + 1;
    return number;
  };
  const uint64_t count = nextNumber();
  if (count > kMaxSegments) Invalid("a sparse file has too many parts");
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t offset = nextNumber();
    AddSegment(entry, offset, nextNumber());
  }
  entry.sparse = true;
}

/** Lets the PAX records override the header, and settles where the content is. */
void TarReader::Finish(TarEntry& entry, const Records& records) {
  const auto with = [&](const char* key, auto apply) {
    const auto found = records.find(key);
    // An empty value deletes the record, and the header's field counts.
    if (found != records.end() && !found->second.empty()) apply(found->second);
  };
  with("path", [&](const std::string& value) { entry.path = value; });
  with("linkpath", [&](const std::string& value) { entry.link = value; });
  with("uid", [&](const std::string& value) {
    entry.uid = static_cast<uint32_t>(TarDecimal(value, kMaxTarId, "the owner"));
  });
  with("gid", [&](const std::string& value) {
    entry.gid = static_cast<uint32_t>(TarDecimal(value, kMaxTarId, "the group"));
  });
  with("mtime", [&](const std::string& value) { SetTime(entry, value); });
  with("size", [&](const std::string& value) {
    entry.stored = TarDecimal(value, kMaxTarSize, "the size");
    if (!entry.sparse) entry.size = entry.stored;
  });
  for (auto record = records.lower_bound(kXattr);
       record != records.end() && record->first.starts_with(kXattr); ++record) {
    entry.xattrs[record->first.substr(kXattr.size())] = record->second;
  }
  if (entry.type == '\0') entry.type = kTarFile;
  if (entry.type == '7') entry.type = kTarFile;
  if (IsHeaderOnly(entry.type)) entry.size = entry.stored = 0;
  // V7 marked directories by a slash only. Content of one is passed over.
  if (entry.type == kTarFile && entry.path.ends_with('/')) {
    entry.type = kTarDirectory;
    entry.size = 0;
  }
  padding_ = TarPadding(entry.stored);
  with("GNU.sparse.name", [&](const std::string& value) { entry.path = value; });
  for (const char* key : {"GNU.sparse.size", "GNU.sparse.realsize"}) {
    with(key, [&](const std::string& value) { entry.size = TarDecimal(value, kMaxTarSize, "the size"); });
  }
  with("GNU.sparse.map", [&](const std::string&) { ReadSparseRecords(entry, records); });
  with("GNU.sparse.major", [&](const std::string& value) {
    if (value != "1") Invalid("a sparse file of version " + value.substr(0, 32) + " is not known");
    ReadSparseMap(entry);
  });
  if (entry.sparse) CheckSegments(entry);
  left_ = entry.stored;
}

std::optional<TarEntry> TarReader::Next() {
  Records records;
  std::optional<std::string> long_path;
  std::optional<std::string> long_link;
  char block[kTarBlock];
  while (ReadHeader(block)) {
    const char type = block[156];
    const auto size = [&] { return TarUnsigned(block, 124, 12, "the size"); };
    if (type == 'x' || type == 'X') {
      records = ReadRecords(size());
    } else if (type == 'g') {
      // Defaults for all that follows; git puts the commit's id there, and docker ignores them as well.
      ReadRecords(size());
    } else if (type == 'L') {
      long_path = ReadBody(size(), "a long name").c_str();
    } else if (type == 'K') {
      long_link = ReadBody(size(), "a long link").c_str();
    } else {
      TarEntry entry = ParseTarHeader(block);
      if (long_path) entry.path = *long_path;
      if (long_link) entry.link = *long_link;
      if (type == 'S') ReadOldSparse(entry, block);
      Finish(entry, records);
      return entry;
    }
  }
  return std::nullopt;
}

std::string_view TarReader::Content(uint64_t most) {
  const std::string_view ready = source_.Peek().substr(0, std::min(most, left_));
  if (ready.empty() && left_ > 0 && most > 0) Invalid("unexpected end of the archive");
  return ready;
}

void TarReader::Consume(size_t size) {
  source_.Consume(size);
  left_ -= size;
}

void TarReader::CopyTo(int out, uint64_t size) {
  if (size > left_ || !source_.CopyTo(out, size)) Invalid("unexpected end of the archive");
  left_ -= size;
}

}  // namespace slipway

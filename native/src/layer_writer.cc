#include "layer_writer.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "values.h"
#include "xattrs.h"

namespace slipway {
namespace {

[[noreturn]] void ThrowChanged(const std::string& path) {
  throw SyscallError{EIO, "read", path, "file changed while it was read"};
}

UniqueFd OpenSource(int root, const std::string& path) {
  // O_NONBLOCK: what was a file a moment ago may have become a fifo, whose open would wait for a writer.
  return OpenInRoot(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

/** Shorter files are not worth the question. */
constexpr uint64_t kHolesFrom = 1 << 20;

/** Walks the holes of a file, which need no reading. */
class Holes {
 public:
  Holes(int file, uint64_t size) : file_(file), known_until_(size < kHolesFrom ? size : 0) {}

  /** Bytes of a hole at `at`, before `end`; the file is then positioned behind it. */
  uint64_t At(uint64_t at, uint64_t end) {
    if (at < known_until_) return 0;
    const off_t data = ::lseek(file_, static_cast<off_t>(at), SEEK_DATA);
    const off_t length = data < 0 && errno == ENXIO ? ::lseek(file_, 0, SEEK_END) : data;
    const uint64_t until = std::min(length < 0 ? at : std::max(at, static_cast<uint64_t>(length)), end);
    const off_t hole = data < 0 ? -1 : ::lseek(file_, data, SEEK_HOLE);
    known_until_ = hole < 0 ? end : static_cast<uint64_t>(hole);
    Check(::lseek(file_, static_cast<off_t>(until), SEEK_SET), "lseek");
    return until - at;
  }

 private:
  const int file_;
  uint64_t known_until_;
};

/** Copies exactly `size` bytes and sees to it that there are no more. */
void CopyFile(DigestingWriter& writer, int file, const std::string& path, uint64_t size) {
  Holes holes(file, size);
  for (uint64_t left = size;;) {
    if (const uint64_t hole = holes.At(size - left, size); hole > 0) {
      writer.WriteZeros(hole);
      left -= hole;
      continue;
    }
    // One byte more than expected, if it fits, saves small files the read that finds their end.
    const std::span<char> space = writer.Space();
    const ssize_t got = ::read(file, space.data(), std::min<uint64_t>(space.size(), left + 1));
    if (got < 0 && errno == EINTR) continue;
    Check(got, "read", path);
    if (static_cast<uint64_t>(got) > left) ThrowChanged(path);
    const bool ended = static_cast<uint64_t>(got) < std::min<uint64_t>(space.size(), left + 1);
    left -= static_cast<uint64_t>(got);
    writer.Commit(static_cast<size_t>(got));
    if (got == 0 || (ended && left == 0)) {
      if (left > 0) ThrowChanged(path);
      return;
    }
  }
}

void WriteSource(DigestingWriter& writer, int root, LayerItem& item, std::string& header) {
  const UniqueFd file = OpenSource(root, item.source);
  // Most files have no attributes, and an open file tells so for a fraction of what its path would cost.
  if (item.entry.xattrs.empty() && ::flistxattr(file.get(), nullptr, 0) > 0)
    item.entry.xattrs = LayerXattrs(ProcPath(file.get()));
  AppendTarHeader(header, item.entry);
  writer.Write(header);
  CopyFile(writer, file.get(), item.source, item.entry.size);
}

void WriteItem(DigestingWriter& writer, int root, LayerItem& item, std::string& header) {
  header.clear();
  if (!item.source.empty()) {
    WriteSource(writer, root, item, header);
  } else {
    AppendTarHeader(header, item.entry);
    writer.Write(header);
    writer.Write(item.data);
  }
  writer.WriteZeros(TarPadding(item.entry.size));
}

constexpr size_t kFields = 10;

/** How native/layer-pack.ts numbers the types of a LayerEntry. */
constexpr char kTypes[] = {kTarFile, kTarDirectory,   kTarSymlink, kTarHardLink,
                           kTarChar, kTarBlockDevice, kTarFifo};

Xattrs ToXattrs(const Napi::Value& pairs) {
  Xattrs xattrs;
  const auto array = pairs.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto pair = array.Get(i).As<Napi::Array>();
    xattrs[ToBytes(pair.Get(0U))] = ToContent(pair.Get(1U));
  }
  return xattrs;
}

/** What packLayer of native/layer-pack.ts made. */
class PackedLayer {
 public:
  explicit PackedLayer(const Napi::Object& packed)
      : fields_(ToNumbers(packed.Get("fields"))), text_(packed.Get("texts")) {
    const auto extras = packed.Get("extras").As<Napi::Array>();
    for (size_t i = 0; i < fields_.size() / kFields; ++i) {
      const double* field = &fields_[i * kFields];
      if (field[8] >= 0) data_[i] = ToContent(extras.Get(static_cast<uint32_t>(field[8])));
      if (field[9] >= 0) xattrs_[i] = ToXattrs(extras.Get(static_cast<uint32_t>(field[9])));
    }
  }

  std::vector<std::string_view> Paths() const {
    std::vector<std::string_view> paths(fields_.size() / kFields);
    for (size_t i = 0; i < paths.size(); ++i) paths[i] = text_[3 * i];
    return paths;
  }

  LayerItem Item(size_t i) const {
    const double* field = &fields_[i * kFields];
    LayerItem item;
    TarEntry& entry = item.entry;
    entry.type = kTypes[static_cast<size_t>(field[0])];
    entry.mode = static_cast<unsigned>(field[1]);
    entry.uid = static_cast<uint32_t>(field[2]);
    entry.gid = static_cast<uint32_t>(field[3]);
    entry.mtime = static_cast<int64_t>(field[4]);
    entry.size = static_cast<uint64_t>(field[5]);
    entry.major = static_cast<unsigned>(field[6]);
    entry.minor = static_cast<unsigned>(field[7]);
    entry.path = text_[3 * i];
    entry.link = text_[3 * i + 1];
    item.source = text_[3 * i + 2];
    if (const auto data = data_.find(i); data != data_.end()) item.data = data->second;
    if (const auto xattrs = xattrs_.find(i); xattrs != xattrs_.end()) entry.xattrs = xattrs->second;
    return item;
  }

 private:
  static std::vector<double> ToNumbers(const Napi::Value& array) {
    const auto numbers = array.As<Napi::Float64Array>();
    return {numbers.Data(), numbers.Data() + numbers.ElementLength()};
  }

  const std::vector<double> fields_;
  const Texts text_;
  std::map<size_t, std::string> data_;
  std::map<size_t, Xattrs> xattrs_;
};

Napi::Value WriteLayer(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [out = ToInt(info[0]), root = ToInt(info[1]), layer = PackedLayer(info[2].As<Napi::Object>())] {
        return WriteItems(out, root, layer.Paths(), [&](size_t i) { return layer.Item(i); });
      },
      ToJs);
}

}  // namespace

WrittenLayer WriteItems(int out, int root, const std::vector<std::string_view>& paths,
                        const std::function<LayerItem(size_t)>& item) {
  std::vector<uint32_t> order(paths.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return paths[a] < paths[b]; });
  DigestingWriter writer(out);
  std::string header;
  for (const uint32_t index : order) {
    CheckInterrupted();
    LayerItem next = item(index);
    WriteItem(writer, root, next, header);
  }
  writer.WriteZeros(2 * kTarBlock);
  return {writer.Finish(), order.size()};
}

Napi::Value ToJs(Napi::Env env, const WrittenLayer& written) {
  Napi::Object layer = Napi::Object::New(env);
  const Digest& digest = written.tar.sha256;
  layer.Set("diffId", Napi::Buffer<unsigned char>::Copy(env, digest.data(), digest.size()));
  layer.Set("size", static_cast<double>(written.tar.size));
  layer.Set("entries", static_cast<double>(written.entries));
  return layer;
}

void RegisterLayerWriter(Napi::Env env, Napi::Object exports) {
  Export<WriteLayer>(env, exports, "writeLayer");
}

}  // namespace slipway

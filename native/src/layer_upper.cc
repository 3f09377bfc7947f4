#include <fcntl.h>
#include <linux/openat2.h>
#include <napi.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "layer_settle.h"
#include "layer_writer.h"
#include "register.h"
#include "stats.h"
#include "tree_walk.h"
#include "values.h"
#include "xattrs.h"

namespace slipway {
namespace {

bool HasMark(const std::vector<std::string>& names, const std::string& mark) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == "trusted.overlay." + mark || name == "user.overlay." + mark;
  });
}

char TypeOf(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return kTarDirectory;
    case S_IFLNK:
      return kTarSymlink;
    case S_IFCHR:
      return kTarChar;
    case S_IFBLK:
      return kTarBlockDevice;
    case S_IFIFO:
      return kTarFifo;
    default:
      return kTarFile;
  }
}

/** Lists an overlay upper directory as the members of its layer.
 * https://docs.kernel.org/filesystems/overlayfs.html */
class Upper {
 public:
  Upper(int root, std::set<std::string> exclude, std::optional<int64_t> clamp)
      : root_(root), exclude_(std::move(exclude)), clamp_(clamp) {}

  std::vector<LayerItem> List() {
    AddMarks("", UniqueFd(OpenInRoot(root_, "", kOpenDirectory)).get());
    for (pending_.push_back(""); !pending_.empty();) {
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      ListDirectory(path);
    }
    LinkNames();
    return std::move(items_);
  }

 private:
  void ListDirectory(const std::string& path) {
    CheckInterrupted();
    const UniqueFd directory = OpenBelow(root_, path, kOpenDirectory, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    DirectoryReader reader(directory.get());
    while (const char* name = reader.Next()) {
      const std::string below = Below(path, name);
      if (!exclude_.contains(below)) Add(directory.get(), name, path, below);
    }
  }

  void Add(int directory, const char* name, const std::string& parent, const std::string& path) {
    const struct statx stat = Statx(directory, name, path);
    if (S_ISSOCK(stat.stx_mode)) return;
    LayerItem item;
    TarEntry& entry = item.entry;
    entry.mtime = Clamp(stat.stx_mtime.tv_sec);
    if (IsWhiteout(stat)) {
      entry.path = Below(parent, (std::string(".wh.") + name).c_str());
      entry.mode = 0600;
      items_.push_back(std::move(item));
      return;
    }
    entry.type = TypeOf(stat.stx_mode);
    entry.path = path;
    entry.mode = stat.stx_mode & 07777;
    entry.uid = stat.stx_uid;
    entry.gid = stat.stx_gid;
    if (S_ISREG(stat.stx_mode)) {
      entry.size = stat.stx_size;
      item.source = path;
    } else if (S_ISLNK(stat.stx_mode)) {
      entry.link = ReadLink(directory, name);
    } else if (entry.type == kTarChar || entry.type == kTarBlockDevice) {
      entry.major = stat.stx_rdev_major;
      entry.minor = stat.stx_rdev_minor;
    }
    AddXattrs(item, ProcPath(directory, name));
    if (S_ISDIR(stat.stx_mode)) {
      pending_.push_back(path);
    } else if (stat.stx_nlink > 1) {
      names_[{DeviceOf(stat), stat.stx_ino}].push_back(items_.size());
    }
    items_.push_back(std::move(item));
  }

  static uint64_t DeviceOf(const struct statx& stat) {
    return (static_cast<uint64_t>(stat.stx_dev_major) << 32) | stat.stx_dev_minor;
  }

  void AddXattrs(LayerItem& item, const std::string& reach) {
    const std::vector<std::string> names = ListXattrNames(reach);
    for (const char* mark : {"redirect", "metacopy"}) {
      // Such an entry shows content of a lower layer under another name, which a layer cannot say.
      if (!HasMark(names, mark)) continue;
      throw SyscallError{ENOTSUP, "lgetxattr", item.entry.path,
                         std::string("the overlay was mounted with ") + mark + " on"};
    }
    for (const std::string& name : names) {
      if (!BelongsInLayer(name)) continue;
      if (name.find('=') != std::string::npos) {
        throw SyscallError{ENOTSUP, "lgetxattr", item.entry.path,
                           "a tar cannot hold an attribute name with \"=\""};
      }
      item.entry.xattrs[name] = GetXattr(reach, name);
    }
    if (item.entry.type == kTarDirectory && IsOpaque(reach, names))
      AddOpaque(item.entry.path, item.entry.mtime);
  }

  /** The upper directory itself is no member, but may be opaque. */
  void AddMarks(const std::string& path, int directory) {
    const std::string reach = ProcPath(directory);
    if (IsOpaque(reach, ListXattrNames(reach))) AddOpaque(path, Clamp(Statx(directory).stx_mtime.tv_sec));
  }

  void AddOpaque(const std::string& path, int64_t mtime) {
    LayerItem item;
    item.entry.path = Below(path, ".wh..wh..opq");
    item.entry.mode = 0600;
    item.entry.mtime = mtime;
    items_.push_back(std::move(item));
  }

  /** Of several names of one inode, all but the first by path become hard links to it. */
  void LinkNames() {
    for (auto& [inode, indexes] : names_) {
      std::sort(indexes.begin(), indexes.end(),
                [this](size_t a, size_t b) { return items_[a].entry.path < items_[b].entry.path; });
      for (size_t i = 1; i < indexes.size(); ++i) {
        LayerItem& item = items_[indexes[i]];
        item.entry.type = kTarHardLink;
        item.entry.link = items_[indexes[0]].entry.path;
        item.entry.size = 0;
        item.entry.major = item.entry.minor = 0;
        item.entry.xattrs.clear();
        item.source.clear();
      }
    }
  }

  int64_t Clamp(int64_t mtime) const { return clamp_ ? std::min(mtime, *clamp_) : mtime; }

  const int root_;
  const std::set<std::string> exclude_;
  const std::optional<int64_t> clamp_;
  std::vector<std::string> pending_;
  std::vector<LayerItem> items_;
  std::map<std::pair<uint64_t, uint64_t>, std::vector<size_t>> names_;
};

WrittenLayer WriteUpperTo(int out, const std::string& upper, const std::set<std::string>& exclude,
                          std::optional<int64_t> clamp) {
  const UniqueFd root(Check(::open(upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", upper));
  std::vector<LayerItem> items = Upper(root.get(), exclude, clamp).List();
  std::vector<std::string_view> paths;
  for (const LayerItem& item : items) paths.push_back(item.entry.path);
  return WriteItems(out, root.get(), paths, [&](size_t i) { return items[i]; });
}

Napi::Value WriteUpper(const Napi::CallbackInfo& info) {
  const auto options = info[2].As<Napi::Object>();
  const Napi::Value clamp = options.Get("clampMtime");
  const Napi::Value exclude = options.Get("exclude");
  const Napi::Value settle = options.Get("settle");
  std::set<std::string> excluded;
  if (exclude.IsArray()) {
    for (const std::string& path : ToStrings(exclude)) excluded.insert(JoinPath(CleanComponents(path)));
  }
  return RunJob(
      info.Env(),
      [out = ToInt(info[0]), upper = ToBytes(info[1]), excluded = std::move(excluded),
       settled = settle.IsBoolean() && settle.As<Napi::Boolean>().Value(),
       seconds = clamp.IsNumber() ? std::optional(clamp.As<Napi::Number>().Int64Value()) : std::nullopt] {
        const WrittenLayer written = WriteUpperTo(out, upper, excluded, seconds);
        if (settled) SettleUpper(upper, excluded, seconds);
        return written;
      },
      ToJs);
}

}  // namespace

void RegisterLayerUpper(Napi::Env env, Napi::Object exports) {
  Export<WriteUpper>(env, exports, "writeUpper");
}

}  // namespace slipway

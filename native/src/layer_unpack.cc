#include <fcntl.h>
#include <linux/openat2.h>
#include <napi.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <limits>
#include <set>
#include <unordered_map>

#include "digesting_writer.h"
#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "register.h"
#include "stats.h"
#include "tar_reader.h"
#include "tree_remove.h"
#include "tree_walk.h"
#include "values.h"
#include "xattrs.h"

namespace slipway {
namespace {

enum class Whiteouts { kOverlay, kApply, kKeep };

struct UnpackOptions {
  Whiteouts whiteouts = Whiteouts::kKeep;
  uint64_t max_bytes = std::numeric_limits<uint64_t>::max();
  std::optional<std::pair<uint32_t, uint32_t>> owner;
};

struct Unpacked {
  uint64_t entries = 0;
  uint64_t bytes = 0;
};

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
// Bookkeeping of aufs (".wh..wh.plnk", ".wh..wh.aufs"), which old images still carry.
constexpr std::string_view kWhiteoutMeta = ".wh..wh.";
constexpr const char* kOpaqueXattr = "trusted.overlay.opaque";

[[noreturn]] void Invalid(const std::string& path, const std::string& why) {
  throw ArchiveError{path + ": " + why};
}

/** A name in an open directory. */
struct Place {
  int parent;
  std::string name;
  /** From the target, for messages and bookkeeping. */
  std::string path;
};

/**
 * Unpacks one archive below `root`. Every parent is opened with RESOLVE_IN_ROOT, and what is created there is
 * created by name in that directory without following links, so nothing an archive holds can lead outside.
 */
class Unpacker {
 public:
  Unpacker(int tar, int root, const UnpackOptions& options) : reader_(tar), root_(root), options_(options) {}

  Unpacked Run() {
    while (std::optional<TarEntry> entry = reader_.Next()) {
      CheckInterrupted();
      ++done_.entries;
      Count(*entry);
      Unpack(*entry);
    }
    SetDirectoryTimes();
    return done_;
  }

 private:
  void Count(const TarEntry& entry) {
    if (entry.size > options_.max_bytes - done_.bytes) {
      throw ArchiveError{"the content is larger than the limit of " + std::to_string(options_.max_bytes) +
                         " bytes"};
    }
    done_.bytes += entry.size;
  }

  void Unpack(const TarEntry& entry) {
    std::vector<std::string> components = CleanComponents(entry.path);
    if (components.empty()) return UnpackRoot(entry);
    Place place{-1, std::move(components.back()), {}};
    components.pop_back();
    if (options_.whiteouts != Whiteouts::kKeep && place.name.starts_with(kWhiteout)) {
      return ApplyWhiteout(components, place.name);
    }
    place.parent = Parent(components);
    place.path = Below(JoinPath(components), place.name.c_str());
    Make(entry, place);
    Created(place.path);
  }

  /** The target itself takes the metadata that a layer gives its root; ADD leaves its destination alone. */
  void UnpackRoot(const TarEntry& entry) {
    const bool keep = options_.whiteouts == Whiteouts::kKeep;
    // Archives exist that begin with a file without a name; tar and the engine pass over it.
    if (entry.type != kTarDirectory && !(keep && entry.path.empty()))
      Invalid(entry.path, "the root can only be a directory");
    if (keep) return;
    const UniqueFd root = OpenInRoot(root_, "", kOpenDirectory);
    SetMetadata(root.get(), entry);
    directories_.emplace_back("", TimeOf(entry));
  }

  void Make(const TarEntry& entry, const Place& place) {
    switch (entry.type) {
      case kTarFile:
        return MakeFile(entry, place);
      case kTarDirectory:
        return MakeDirectory(entry, place);
      case kTarHardLink:
        return MakeHardLink(entry, place);
      case kTarSymlink:
        return MakeSymlink(entry, place);
      case kTarChar:
        return MakeNode(entry, place, S_IFCHR);
      case kTarBlockDevice:
        return MakeNode(entry, place, S_IFBLK);
      case kTarFifo:
        return MakeNode(entry, place, S_IFIFO);
      default:
        Invalid(entry.path, std::string("a member of type \"") + entry.type + "\" is not known");
    }
  }

  // ── parents ───────────────────────────────────────────────────────────────────────────────────────

  /** The directory `components`, made where it is missing. Valid until the next call that removes something.
   */
  int Parent(const std::vector<std::string>& components) {
    const std::string path = JoinPath(components);
    const auto cached = parents_.find(path);
    if (cached != parents_.end()) return cached->second.get();
    UniqueFd directory = TryDirectory(path);
    if (!directory) directory = MakeParents(components);
    constexpr size_t kMaxCached = 128;
    if (parents_.size() >= kMaxCached) parents_.clear();
    return parents_.emplace(path, std::move(directory)).first->second.get();
  }

  UniqueFd TryDirectory(const std::string& path) {
    try {
      return OpenInRoot(root_, path, O_RDONLY | O_DIRECTORY);
    } catch (const SyscallError& failed) {
      if (failed.number != ENOENT && failed.number != ENOTDIR) throw;
      return UniqueFd();
    }
  }

  UniqueFd MakeParents(const std::vector<std::string>& components) {
    TarEntry implied;
    implied.type = kTarDirectory;
    implied.mode = 0755;
    std::string path;
    UniqueFd directory = OpenInRoot(root_, "", O_RDONLY | O_DIRECTORY);
    for (const std::string& name : components) {
      std::string below = Below(path, name.c_str());
      UniqueFd next = TryDirectory(below);
      if (!next) {
        MakeMissing(implied, {directory.get(), name, below});
        next = TryDirectory(below);
      }
      directory = std::move(next);
      path = std::move(below);
    }
    return directory;
  }

  void MakeMissing(const TarEntry& implied, const Place& place) {
    const std::optional<struct statx> there = StatPlace(place);
    if (there && !IsWhiteout(*there))
      Invalid(place.path, "is in the way of a directory, or a link that leads nowhere");
    CreateDirectory(place);
    SetMetadata(OpenPlace(place).get(), implied);
    Created(place.path);
  }

  // ── members ───────────────────────────────────────────────────────────────────────────────────────

  /** Calls `create` until it succeeds, removing what has the name already: of two members with one name, the
   * last wins. */
  template <typename Create>
  int CreateAnew(const Place& place, const char* syscall, Create create) {
    for (;;) {
      const int result = create();
      if (result >= 0) return result;
      if (errno != EEXIST) ThrowErrno(syscall, place.path);
      Remove(place);
    }
  }

  void Remove(const Place& place) {
    const std::optional<struct statx> there = StatPlace(place);
    if (!there) return;
    RemoveBelow(place.parent, place.name);
    // Cached parents may have been below it, or reached through it.
    if (S_ISDIR(there->stx_mode) || S_ISLNK(there->stx_mode)) ForgetParentsBut(place.parent);
  }

  /** `parent` is in use by the caller and stays open. */
  void ForgetParentsBut(int parent) {
    std::erase_if(parents_, [parent](const auto& cached) { return cached.second.get() != parent; });
  }

  void MakeFile(const TarEntry& entry, const Place& place) {
    const UniqueFd file(CreateAnew(place, "openat", [&] {
      return ::openat(place.parent, place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      0600);
    }));
    if (entry.sparse) {
      WriteSparse(entry, file.get());
    } else if (entry.size > 0) {
      reader_.CopyTo(file.get(), entry.size);
      // What was a hole in the archive is one here, and may be the end.
      Check(::ftruncate(file.get(), static_cast<off_t>(entry.size)), "ftruncate", entry.path);
    }
    SetMetadata(file.get(), entry);
    SetTimes(file.get(), "", TimeOf(entry));
  }

  void WriteSparse(const TarEntry& entry, int file) {
    for (const TarSegment& segment : entry.segments) {
      Check(::lseek(file, static_cast<off_t>(segment.offset), SEEK_SET), "lseek", entry.path);
      reader_.CopyTo(file, segment.size);
    }
    Check(::ftruncate(file, static_cast<off_t>(entry.size)), "ftruncate", entry.path);
  }

  void MakeDirectory(const TarEntry& entry, const Place& place) {
    const std::optional<struct statx> there = StatPlace(place);
    const bool merge = there && S_ISDIR(there->stx_mode);
    if (there && !merge && !IsWhiteout(*there)) Remove(place);
    if (!merge) CreateDirectory(place);
    SetMetadata(OpenPlace(place).get(), entry);
    directories_.emplace_back(place.path, TimeOf(entry));
  }

  /** A directory in the place of nothing, or of a whiteout, in whose place it hides what is below it in lower
   * layers. */
  void CreateDirectory(const Place& place) {
    const std::optional<struct statx> there = StatPlace(place);
    const bool hides = options_.whiteouts == Whiteouts::kOverlay && there && IsWhiteout(*there);
    if (there) Check(::unlinkat(place.parent, place.name.c_str(), 0), "unlinkat", place.path);
    Check(::mkdirat(place.parent, place.name.c_str(), 0700), "mkdirat", place.path);
    if (hides) SetXattr(ProcPath(place.parent, place.name), kOpaqueXattr, "y");
  }

  void MakeSymlink(const TarEntry& entry, const Place& place) {
    if (entry.link.empty()) Invalid(entry.path, "a link without a target");
    CreateAnew(place, "symlinkat",
               [&] { return ::symlinkat(entry.link.c_str(), place.parent, place.name.c_str()); });
    SetMetadataAt(place, entry);
  }

  void MakeNode(const TarEntry& entry, const Place& place, unsigned type) {
    const dev_t device = makedev(entry.major, entry.minor);
    CreateAnew(place, "mknodat",
               [&] { return ::mknodat(place.parent, place.name.c_str(), type | 0600, device); });
    SetMetadataAt(place, entry);
  }

  void MakeHardLink(const TarEntry& entry, const Place& place) {
    std::vector<std::string> components = CleanComponents(entry.link);
    if (components.empty()) Invalid(entry.path, "a hard link to the root");
    const std::string target = JoinPath(components);
    if (target == place.path) Invalid(entry.path, "a hard link to itself");
    const std::string name = std::move(components.back());
    components.pop_back();
    const UniqueFd parent = TryDirectory(JoinPath(components));
    if (!parent) Invalid(entry.path, "a hard link to " + target + ", which is not there");
    CreateAnew(place, "linkat", [&] {
      const int result = ::linkat(parent.get(), name.c_str(), place.parent, place.name.c_str(), 0);
      if (result < 0 && errno == ENOENT)
        Invalid(entry.path, "a hard link to " + target + ", which is not there");
      if (result < 0 && errno == EPERM)
        Invalid(entry.path, "a hard link to " + target + ", which cannot be linked");
      return result;
    });
  }

  // ── whiteouts: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts ──────────

  void ApplyWhiteout(const std::vector<std::string>& components, const std::string& name) {
    if (name == kOpaque) return HideAll(components);
    if (name.starts_with(kWhiteoutMeta)) return;
    const std::string hidden = name.substr(kWhiteout.size());
    if (hidden.empty() || hidden == "." || hidden == "..") {
      Invalid(Below(JoinPath(components), name.c_str()), "a whiteout of no name");
    }
    const std::string path = Below(JoinPath(components), hidden.c_str());
    if (options_.whiteouts == Whiteouts::kOverlay) return Hide({Parent(components), hidden, path});
    const UniqueFd parent = TryDirectory(JoinPath(components));
    if (parent) RemoveOlder({parent.get(), hidden, path});
  }

  /** A whiteout counts for lower layers only: what this layer has under the name stays, a directory without
   * what is below it there. */
  void Hide(const Place& place) {
    const std::optional<struct statx> there = StatPlace(place);
    if (there && S_ISDIR(there->stx_mode))
      return SetXattr(ProcPath(place.parent, place.name), kOpaqueXattr, "y");
    if (there) return;
    Check(::mknodat(place.parent, place.name.c_str(), S_IFCHR | 0600, makedev(0, 0)), "mknodat", place.path);
  }

  void HideAll(const std::vector<std::string>& components) {
    const std::string path = JoinPath(components);
    if (options_.whiteouts == Whiteouts::kOverlay) {
      return SetXattr(ProcPath(Parent(components)), kOpaqueXattr, "y");
    }
    const UniqueFd directory = TryDirectory(path);
    if (directory) RemoveOlderEntries(directory.get(), path);
  }

  void RemoveOlder(const Place& place) {
    if (!created_.contains(place.path)) return Remove(place);
    const std::optional<struct statx> there = StatPlace(place);
    if (there && S_ISDIR(there->stx_mode)) RemoveOlderEntries(OpenPlace(place).get(), place.path);
  }

  void RemoveOlderEntries(int directory, const std::string& path) {
    std::vector<std::string> names;
    DirectoryReader reader(directory);
    while (const char* name = reader.Next()) names.emplace_back(name);
    for (const std::string& name : names) RemoveOlder({directory, name, Below(path, name.c_str())});
  }

  /** Remembers what this archive made, with its parents: its own whiteouts do not count for that. */
  void Created(const std::string& path) {
    if (options_.whiteouts != Whiteouts::kApply) return;
    for (std::string at = path; created_.insert(at).second;) {
      const size_t slash = at.rfind('/');
      if (slash == std::string::npos) return;
      at.resize(slash);
    }
  }

  // ── metadata ──────────────────────────────────────────────────────────────────────────────────────

  static std::optional<struct statx> StatPlace(const Place& place) {
    struct statx stat;
    const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (::statx(place.parent, place.name.c_str(), flags, STATX_BASIC_STATS, &stat) == 0) return stat;
    if (errno == ENOENT) return std::nullopt;
    ThrowErrno("statx", place.path);
  }

  static UniqueFd OpenPlace(const Place& place) {
    return UniqueFd(Check(::openat(place.parent, place.name.c_str(), kOpenDirectory), "openat", place.path));
  }

  static struct timespec TimeOf(const TarEntry& entry) {
    return {static_cast<time_t>(entry.mtime), static_cast<long>(entry.mtime_ns)};
  }

  static void SetTimes(int fd, const char* name, const struct timespec& time) {
    const struct timespec times[] = {time, time};
    const int result =
        *name == '\0' ? ::futimens(fd, times) : ::utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
    Check(result, "utimensat", name);
  }

  std::pair<uint32_t, uint32_t> OwnerOf(const TarEntry& entry) const {
    return options_.owner.value_or(std::pair(entry.uid, entry.gid));
  }

  /** The owner comes first: changing it clears the setuid bit and the file capabilities. */
  void SetMetadata(int fd, const TarEntry& entry) const {
    const auto [uid, gid] = OwnerOf(entry);
    Check(::fchown(fd, uid, gid), "fchown", entry.path);
    Check(::fchmod(fd, entry.mode), "fchmod", entry.path);
    SetXattrs(ProcPath(fd), entry);
  }

  void SetMetadataAt(const Place& place, const TarEntry& entry) const {
    const auto [uid, gid] = OwnerOf(entry);
    const char* name = place.name.c_str();
    Check(::fchownat(place.parent, name, uid, gid, AT_SYMLINK_NOFOLLOW), "fchownat", place.path);
    if (entry.type != kTarSymlink)
      Check(::fchmodat(place.parent, name, entry.mode, 0), "fchmodat", place.path);
    SetXattrs(ProcPath(place.parent, place.name), entry);
    SetTimes(place.parent, name, TimeOf(entry));
  }

  static void SetXattrs(const std::string& reach, const TarEntry& entry) {
    for (const auto& [name, value] : entry.xattrs) {
      if (BelongsInLayer(name)) SetXattr(reach, name, value);
    }
  }

  /** Last of all, since every entry made in a directory sets its time. */
  void SetDirectoryTimes() {
    for (auto directory = directories_.rbegin(); directory != directories_.rend(); ++directory) {
      try {
        const UniqueFd fd = OpenInRoot(root_, directory->first, kOpenDirectory);
        SetTimes(fd.get(), "", directory->second);
      } catch (const SyscallError& failed) {
        // A later member took its place.
        if (failed.number != ENOENT && failed.number != ENOTDIR && failed.number != ELOOP) throw;
      }
    }
  }

  TarReader reader_;
  const int root_;
  const UnpackOptions options_;
  Unpacked done_;
  std::unordered_map<std::string, UniqueFd> parents_;
  std::vector<std::pair<std::string, struct timespec>> directories_;
  std::set<std::string> created_;
};

UnpackOptions ToOptions(const Napi::Object& object) {
  UnpackOptions options;
  const std::string whiteouts = ToBytes(object.Get("whiteouts"));
  options.whiteouts = whiteouts == "overlay" ? Whiteouts::kOverlay
                      : whiteouts == "apply" ? Whiteouts::kApply
                                             : Whiteouts::kKeep;
  const Napi::Value most = object.Get("maxBytes");
  // Beyond 2^53 it is no limit, and Infinity has no integer.
  if (most.IsNumber() && most.As<Napi::Number>().DoubleValue() <= 9007199254740992.0) {
    options.max_bytes = static_cast<uint64_t>(most.As<Napi::Number>().Int64Value());
  }
  const Napi::Value owner = object.Get("owner");
  if (owner.IsObject()) {
    const auto ids = owner.As<Napi::Object>();
    options.owner = {ids.Get("uid").As<Napi::Number>().Uint32Value(),
                     ids.Get("gid").As<Napi::Number>().Uint32Value()};
  }
  return options;
}

Unpacked UnpackTo(int tar, const std::string& target, const UnpackOptions& options) {
  const UniqueFd root(Check(::open(target.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", target));
  return Unpacker(tar, root.get(), options).Run();
}

Napi::Value UnpackLayer(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(),
      [tar = ToInt(info[0]), target = ToBytes(info[1]), options = ToOptions(info[2].As<Napi::Object>())] {
        return UnpackTo(tar, target, options);
      },
      [](Napi::Env env, const Unpacked& unpacked) {
        Napi::Object counts = Napi::Object::New(env);
        counts.Set("entries", static_cast<double>(unpacked.entries));
        counts.Set("bytes", static_cast<double>(unpacked.bytes));
        return counts;
      });
}

}  // namespace

void RegisterLayerUnpack(Napi::Env env, Napi::Object exports) {
  Export<UnpackLayer>(env, exports, "unpackLayer");
}

}  // namespace slipway

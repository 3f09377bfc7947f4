#include "unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <set>
#include <string_view>
#include <vector>

#include "digesting_writer.h"
#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "stats.h"
#include "tar_reader.h"
#include "tree_remove.h"
#include "tree_walk.h"
#include "unpack_metadata.h"
#include "unpack_place.h"
#include "xattrs.h"

namespace slipway {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
// Bookkeeping of aufs (".wh..wh.plnk", ".wh..wh.aufs"), which old images still carry.
constexpr std::string_view kWhiteoutMeta = ".wh..wh.";
constexpr const char* kOpaqueXattr = "trusted.overlay.opaque";

[[noreturn]] void Invalid(const std::string& path, const std::string& why) {
  throw ArchiveError{path + ": " + why};
}

/**
 * Unpacks one archive below `root`. Every parent is opened with RESOLVE_IN_ROOT, and what is created there is
 * created by name in that directory without following links, so nothing an archive holds can lead outside.
 */
class Unpacker {
 public:
  Unpacker(int tar, int root, const UnpackOptions& options)
      : reader_(tar), root_(root), options_(options), metadata_(options.owner), directories_(root) {}

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
    metadata_.Set(root.get(), entry);
    times_.emplace_back("", TimeOf(entry));
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
    return directories_.Get(JoinPath(components), [&] { return MakeParents(components); });
  }

  UniqueFd MakeParents(const std::vector<std::string>& components) {
    TarEntry implied;
    implied.type = kTarDirectory;
    implied.mode = 0755;
    std::string path;
    UniqueFd directory = OpenInRoot(root_, "", O_RDONLY | O_DIRECTORY);
    for (const std::string& name : components) {
      std::string below = Below(path, name.c_str());
      UniqueFd next = directories_.Try(below);
      if (!next) {
        MakeMissing(implied, {directory.get(), name, below});
        next = directories_.Try(below);
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
    metadata_.Set(OpenPlace(place).get(), implied);
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
      const std::optional<struct statx> there = StatPlace(place);
      if (options_.keep_directories && there && S_ISDIR(there->stx_mode)) {
        Invalid(place.path, "cannot overwrite directory with non-directory");
      }
      Remove(place);
    }
  }

  void Remove(const Place& place) {
    const std::optional<struct statx> there = StatPlace(place);
    if (!there) return;
    RemoveBelow(place.parent, place.name);
    if (S_ISDIR(there->stx_mode) || S_ISLNK(there->stx_mode)) directories_.ForgetBut(place.parent);
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
    metadata_.Set(file.get(), entry);
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
    if (there && !merge && !IsWhiteout(*there)) {
      if (options_.keep_directories) Invalid(place.path, "cannot overwrite non-directory with directory");
      Remove(place);
    }
    if (!merge) CreateDirectory(place);
    metadata_.Set(OpenPlace(place).get(), entry);
    times_.emplace_back(place.path, TimeOf(entry));
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
    metadata_.SetAt(place, entry);
  }

  void MakeNode(const TarEntry& entry, const Place& place, unsigned type) {
    const dev_t device = makedev(entry.major, entry.minor);
    CreateAnew(place, "mknodat",
               [&] { return ::mknodat(place.parent, place.name.c_str(), type | 0600, device); });
    metadata_.SetAt(place, entry);
  }

  void MakeHardLink(const TarEntry& entry, const Place& place) {
    std::vector<std::string> components = CleanComponents(entry.link);
    if (components.empty()) Invalid(entry.path, "a hard link to the root");
    const std::string target = JoinPath(components);
    if (target == place.path) Invalid(entry.path, "a hard link to itself");
    const std::string name = std::move(components.back());
    components.pop_back();
    const UniqueFd parent = directories_.Try(JoinPath(components));
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
    const UniqueFd parent = directories_.Try(JoinPath(components));
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
    const UniqueFd directory = directories_.Try(path);
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

  /** Last of all, since every entry made in a directory sets its time. */
  void SetDirectoryTimes() {
    for (auto directory = times_.rbegin(); directory != times_.rend(); ++directory) {
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
  const MemberMetadata metadata_;
  OpenDirectories directories_;
  /** Of directories, by path. */
  std::vector<std::pair<std::string, struct timespec>> times_;
  std::set<std::string> created_;
};

}  // namespace

Unpacked UnpackTo(int tar, const std::string& target, const UnpackOptions& options) {
  const UniqueFd root(Check(::open(target.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", target));
  return Unpacker(tar, root.get(), options).Run();
}

}  // namespace slipway

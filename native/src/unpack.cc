#include "unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <vector>

#include "archive_member.h"
#include "digesting_writer.h"
#include "errors.h"
#include "in_root.h"
#include "job.h"
#include "stats.h"
#include "tar_reader.h"
#include "tree_walk.h"
#include "unpack_metadata.h"
#include "unpack_place.h"
#include "unpack_whiteouts.h"
#include "xattrs.h"

namespace slipway {
namespace {

/**
 * Unpacks one archive below `root`. Every parent is opened with RESOLVE_IN_ROOT, and what is created there is
 * created by name in that directory without following links, so nothing an archive holds can lead outside.
 */
class Unpacker {
 public:
  Unpacker(int tar, int root, const UnpackOptions& options)
      : reader_(tar),
        root_(root),
        options_(options),
        metadata_(options.owner),
        directories_(root),
        whiteouts_(options.whiteouts, directories_) {}

  Unpacked Run() {
    while (std::optional<TarEntry> entry = reader_.Next()) {
      CheckInterrupted();
      ++done_.entries;
      Count(*entry);
      AddMember(*entry, [&] { Unpack(*entry); });
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
    if (whiteouts_.Takes(place.name)) {
      return whiteouts_.Apply(components, place.name, [&] { return Parent(components); });
    }
    place.parent = Parent(components);
    place.path = Below(JoinPath(components), place.name.c_str());
    Make(entry, place);
    whiteouts_.Created(place.path);
  }

  /** The target itself takes the metadata that a layer gives its root; ADD leaves its destination alone. */
  void UnpackRoot(const TarEntry& entry) {
    const bool keep = options_.whiteouts == Whiteouts::kKeep;
    // Archives exist that begin with a file without a name; tar and the engine pass over it.
    if (entry.type != kTarDirectory && !(keep && entry.path.empty()))
      RefuseMember(entry.path, "it would be the root, which can only be a directory");
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
        RefuseMember(entry.path, std::string("a member of type \"") + entry.type + "\" is not known");
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
      RefuseMember(place.path, "is in the way of a directory, or a link that leads nowhere");
    CreateDirectory(place);
    metadata_.Set(OpenPlace(place).get(), implied);
    whiteouts_.Created(place.path);
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
        RefuseMember(place.path, "cannot overwrite directory with non-directory");
      }
      directories_.Remove(place);
    }
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
      if (options_.keep_directories)
        RefuseMember(place.path, "cannot overwrite non-directory with directory");
      directories_.Remove(place);
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
    if (hides) MarkOpaque(ProcPath(place.parent, place.name));
  }

  void MakeSymlink(const TarEntry& entry, const Place& place) {
    if (entry.link.empty()) RefuseMember(entry.path, "a link without a target");
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
    const HardLinkTarget target = TargetOfHardLink(entry, place.path);
    const UniqueFd parent = directories_.Try(JoinPath(target.directory));
    if (!parent) RefuseMissing(entry, target);
    CreateAnew(place, "linkat", [&] {
      const int result = ::linkat(parent.get(), target.name.c_str(), place.parent, place.name.c_str(), 0);
      if (result < 0 && errno == ENOENT) RefuseMissing(entry, target);
      if (result < 0 && errno == EPERM) RefuseUnlinkable(entry, target);
      return result;
    });
  }

  /** Last of all, since every entry made in a directory sets its time. */
  void SetDirectoryTimes() {
    for (const auto& [path, time] : times_) {
      try {
        const UniqueFd fd = OpenInRoot(root_, path, kOpenDirectory);
        SetTimes(fd.get(), "", time);
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
  LayerWhiteouts whiteouts_;
  /** Of directories, by path. */
  std::vector<std::pair<std::string, struct timespec>> times_;
};

}  // namespace

Unpacked UnpackTo(int tar, const std::string& target, const UnpackOptions& options) {
  const UniqueFd root(Check(::open(target.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open", target));
  return Unpacker(tar, root.get(), options).Run();
}

}  // namespace slipway

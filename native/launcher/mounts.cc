// Operations on the mount tree. Everything is made as a detached mount first and then attached to a looked-up
// descriptor, so that no path is resolved twice.

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>

#include "in_root.h"
#include "operations.h"
#include "sys.h"

namespace slipway {

namespace {

constexpr unsigned long kLegacyFlags[][2] = {
    {MOUNT_ATTR_RDONLY, MS_RDONLY},        {MOUNT_ATTR_NOSUID, MS_NOSUID},
    {MOUNT_ATTR_NODEV, MS_NODEV},          {MOUNT_ATTR_NOEXEC, MS_NOEXEC},
    {MOUNT_ATTR_NOATIME, MS_NOATIME},      {MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
    {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}};

int setAttributes(int mount, uint64_t set, uint64_t clear, bool recursive) {
  if (set == 0 && clear == 0) return 0;
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  return sys::errnoOf(sys::mountSetattr(mount, recursive ? AT_RECURSIVE : 0, attributes));
}

int setPropagation(int mount, uint64_t propagation, bool recursive) {
  if (propagation == 0) return 0;
  mount_attr attributes{};
  attributes.propagation = propagation;
  return sys::errnoOf(sys::mountSetattr(mount, recursive ? AT_RECURSIVE : 0, attributes));
}

/** A detached copy of the mount at `path`, changed by setAttributes(). */
int cloneTree(int dir, const char* path, unsigned flags, UniqueFd& out) {
  out.reset(sys::openTree(dir, path, OPEN_TREE_CLONE | flags));
  return out ? 0 : errno;
}

/** The same of a path below `source`, whose links do not lead out of that. */
int cloneBelow(const char* source, const char* path, unsigned flags, UniqueFd& out) {
  if (!*path) return cloneTree(AT_FDCWD, source, flags, out);
  UniqueFd directory(::open(source, O_PATH | O_DIRECTORY | O_CLOEXEC)), place;
  if (!directory) return errno;
  if (const int error = openInRoot(directory.get(), path, place)) return error;
  return cloneTree(place.get(), "", flags | AT_EMPTY_PATH, out);
}

int configure(int fs, const char* source, const StringList& options) {
  if (*source && sys::fsconfig(fs, FSCONFIG_SET_STRING, "source", source) < 0) return errno;
  for (const char* option : options) {
    const char* equals = strchr(option, '=');
    const std::string key(option, equals ? static_cast<size_t>(equals - option) : strlen(option));
    const int result = equals ? sys::fsconfig(fs, FSCONFIG_SET_STRING, key.c_str(), equals + 1)
                              : sys::fsconfig(fs, FSCONFIG_SET_FLAG, key.c_str(), nullptr);
    if (result < 0) return errno;
  }
  return sys::errnoOf(sys::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr));
}

int makeFilesystem(const char* type, const char* source, const StringList& options, uint64_t attributes,
                   UniqueFd& out) {
  UniqueFd fs(sys::fsopen(type));
  if (!fs) return errno;
  if (const int error = configure(fs.get(), source, options)) return error;
  out.reset(sys::fsmount(fs.get(), static_cast<unsigned>(attributes)));
  return out ? 0 : errno;
}

/** mount(2), for kernels whose overlay does not take layers one by one (before 6.5). */
int legacyMount(const char* type, const char* source, const StringList& options, uint64_t attributes,
                int target) {
  std::string data, layers;
  for (const char* option : options) {
    if (strncmp(option, "lowerdir+=", 10) == 0) {
      layers += (layers.empty() ? "lowerdir=" : ":") + std::string(option + 10);
    } else {
      data += (data.empty() ? "" : ",") + std::string(option);
    }
  }
  if (!layers.empty()) data += (data.empty() ? "" : ",") + layers;
  unsigned long flags = 0;
  for (const auto& [attribute, flag] : kLegacyFlags) {
    if (attributes & attribute) flags |= flag;
  }
  const std::string path = "/proc/self/fd/" + std::to_string(target);
  return sys::errnoOf(sys::mount(*source ? source : type, path.c_str(), type, flags, data.c_str()));
}

/** Whether a process is in the IPC namespace of this one. */
bool sharesMemory(const std::string& process) {
  struct stat theirs, ours;
  if (::stat((process + "/ns/ipc").c_str(), &theirs) < 0 || ::stat("/proc/self/ns/ipc", &ours) < 0)
    return false;
  return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

/** cloneTree() in the mount namespace of a process: elsewhere its mounts cannot be copied. */
int cloneSharedMemory(const Child& child, uint32_t pid, UniqueFd& out) {
  const std::string process = "/proc/" + std::to_string(pid);
  UniqueFd theirs(::open((process + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  if (!theirs) return errno;
  // The process whose namespace was joined may have ended and its number be another's.
  if (!sharesMemory(process)) return ESRCH;
  UniqueFd ours(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!ours || !root || ::setns(theirs.get(), CLONE_NEWNS) < 0) return errno;
  const int error = cloneTree(AT_FDCWD, "/dev/shm", AT_SYMLINK_NOFOLLOW, out);
  // setns(2) puts root and working directory on top of all mounts on "/"; the stage is one of them.
  if (::setns(ours.get(), CLONE_NEWNS) < 0 || ::fchdir(root.get()) < 0 || ::chroot(".") < 0) return errno;
  return ::fchdir(child.stage.get()) < 0 ? errno : error;
}

/** The host's node of the same name, for user namespaces: none may be made there. */
int bindDevice(const Child& child, const char* path) {
  UniqueFd node, place;
  if (const int error = cloneTree(AT_FDCWD, path, 0, node)) return error;
  if (const int error = makeInRoot(child, path, false, place)) return error;
  return sys::errnoOf(sys::moveMount(node.get(), place.get()));
}

}  // namespace

int op::propagation(Child&, Reader& in) {
  const char* path = in.string();
  const uint32_t flags = in.u32();
  if (!in.done()) return EINVAL;
  return sys::errnoOf(sys::mount(nullptr, path, nullptr, flags, nullptr));
}

int op::stage(Child& child, Reader& in) {
  if (!in.done()) return EINVAL;
  UniqueFd mount;
  if (const int error =
          makeFilesystem("tmpfs", "slipway", {"mode=0755"}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, mount))
    return error;
  // On top of "/", where it hides nothing: lookups from this process's root start below it. pivot_root wants
  // the new root to be reachable from the old one, and detaching the old root takes the stage along.
  UniqueFd top(::open("/", O_PATH | O_CLOEXEC));
  if (!top) return errno;
  if (sys::moveMount(mount.get(), top.get()) < 0) return errno;
  child.stage = std::move(mount);
  if (::mkdirat(child.stage.get(), "empty", 0755) < 0) return errno;
  // Relative sources (layers, files) are names of the stage.
  return sys::errnoOf(::fchdir(child.stage.get()));
}

int op::filesystem(Child& child, Reader& in) {
  const char* type = in.string();
  const char* source = in.string();
  const char* target = in.string();
  const StringList options = in.list();
  const uint64_t attributes = in.u64();
  if (!in.done()) return EINVAL;
  UniqueFd mount, place;
  const int error = makeFilesystem(type, source, options, attributes, mount);
  const bool overlay = strcmp(type, "overlay") == 0;
  if (error && !(overlay && error == EINVAL)) return error;
  if (const int missing = makeInRoot(child, target, true, place)) return missing;
  if (error) return legacyMount(type, source, options, attributes, place.get());
  return sys::errnoOf(sys::moveMount(mount.get(), place.get()));
}

int op::bind(Child& child, Reader& in) {
  const char* source = in.string();
  const char* below = in.string();
  const char* target = in.string();
  const bool recursive = in.u8();
  const uint64_t set = in.u64(), clear = in.u64();
  const bool attributesRecursive = in.u8();
  const uint32_t propagation = in.u32();
  const bool propagationRecursive = in.u8();
  if (!in.done()) return EINVAL;
  UniqueFd tree, place;
  if (const int error = cloneBelow(source, below, recursive ? AT_RECURSIVE : 0, tree)) return error;
  if (const int error = setAttributes(tree.get(), set, clear, attributesRecursive)) return error;
  if (const int error = setPropagation(tree.get(), propagation, propagationRecursive)) return error;
  struct stat info;
  if (::fstat(tree.get(), &info) < 0) return errno;
  if (const int error = makeInRoot(child, target, S_ISDIR(info.st_mode), place)) return error;
  return sys::errnoOf(sys::moveMount(tree.get(), place.get()));
}

int op::sharedMemory(Child& child, Reader& in) {
  const uint32_t pid = in.u32();
  const char* target = in.string();
  if (!in.done()) return EINVAL;
  UniqueFd tree, place;
  if (const int error = cloneSharedMemory(child, pid, tree)) return error;
  if (const int error = makeInRoot(child, target, true, place)) return error;
  return sys::errnoOf(sys::moveMount(tree.get(), place.get()));
}

int op::root(Child& child, Reader& in) {
  const char* name = in.string();
  if (!in.done()) return EINVAL;
  child.root.reset(::openat(child.stage.get(), name, O_PATH | O_DIRECTORY | O_CLOEXEC));
  return child.root ? 0 : errno;
}

int op::file(Child& child, Reader& in) {
  const char* name = in.string();
  const uint32_t mode = in.u32(), uid = in.u32(), gid = in.u32();
  const Bytes content = in.bytes();
  if (!in.done()) return EINVAL;
  UniqueFd file(::openat(child.stage.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file) return errno;
  if ((uid != 0 || gid != 0) && ::fchown(file.get(), uid, gid) < 0) return errno;
  return sys::writeAll(file.get(), content.data, content.size);
}

int op::device(Child& child, Reader& in) {
  const char* target = in.string();
  const uint32_t mode = in.u32(), major = in.u32(), minor = in.u32(), uid = in.u32(), gid = in.u32();
  if (!in.done()) return EINVAL;
  Parent parent;
  if (const int error = makeParent(child, target, parent)) return error;
  if (::mknodat(parent.directory.get(), parent.name, mode, makedev(major, minor)) < 0)
    return errno == EPERM ? bindDevice(child, target) : errno;
  if (uid == 0 && gid == 0) return 0;
  return sys::errnoOf(::fchownat(parent.directory.get(), parent.name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

int op::link(Child& child, Reader& in) {
  const char* text = in.string();
  const char* target = in.string();
  if (!in.done()) return EINVAL;
  Parent parent;
  if (const int error = makeParent(child, target, parent)) return error;
  if (::symlinkat(text, parent.directory.get(), parent.name) == 0 || errno == EEXIST) return 0;
  return errno;
}

int op::mask(Child& child, Reader& in) {
  const char* target = in.string();
  if (!in.done()) return EINVAL;
  UniqueFd place, cover;
  const int error = openInRoot(child.base(), target, place);
  if (error == ENOENT || error == ENOTDIR) return 0;
  if (error) return error;
  struct stat info;
  if (::fstat(place.get(), &info) < 0) return errno;
  const bool directory = S_ISDIR(info.st_mode);
  if (const int failed = cloneTree(AT_FDCWD, directory ? "empty" : "/dev/null", 0, cover)) return failed;
  // Also the device: a change of its mode or owner would be one of the host's.
  if (const int failed = setAttributes(cover.get(), MOUNT_ATTR_RDONLY, 0, false)) return failed;
  return sys::errnoOf(sys::moveMount(cover.get(), place.get()));
}

int op::readonly(Child& child, Reader& in) {
  const char* target = in.string();
  if (!in.done()) return EINVAL;
  UniqueFd place, cover;
  const int error = openInRoot(child.base(), target, place);
  if (error == ENOENT || error == ENOTDIR) return 0;
  if (error) return error;
  if (const int failed = cloneTree(place.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, cover)) return failed;
  if (const int failed = setAttributes(cover.get(), MOUNT_ATTR_RDONLY, 0, true)) return failed;
  return sys::errnoOf(sys::moveMount(cover.get(), place.get()));
}

int op::attributes(Child& child, Reader& in) {
  const char* target = in.string();
  const uint64_t set = in.u64(), clear = in.u64();
  const bool recursive = in.u8();
  if (!in.done()) return EINVAL;
  UniqueFd place;
  if (const int error = openInRoot(child.base(), target, place)) return error;
  return setAttributes(place.get(), set, clear, recursive);
}

int op::pivot(Child& child, Reader& in) {
  if (!in.done()) return EINVAL;
  UniqueFd old(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old) return errno;
  if (::fchdir(child.root.get()) < 0) return errno;
  // The old root is stacked on the new one, so no directory is needed for it: pivot_root(2), "pivot_root(".",
  // ".")".
  if (sys::pivotRoot(".", ".") < 0) return errno;
  if (::fchdir(old.get()) < 0) return errno;
  // Nothing that happens to the old tree may reach the host.
  if (sys::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr) < 0) return errno;
  // umount(2) takes what is stacked on top first: the stage, and only then the old root below it.
  if (sys::detach(".") < 0 || sys::detach(".") < 0) return errno;
  child.stage.reset();
  return sys::errnoOf(::chdir("/"));
}

}  // namespace slipway

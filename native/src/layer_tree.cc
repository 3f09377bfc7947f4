#include "layer_tree.h"

#include <linux/capability.h>
#include <linux/limits.h>
#include <sys/stat.h>

#include <cstring>

#include "errors.h"
#include "in_root.h"
#include "tree_walk.h"
#include "unpack_whiteouts.h"
#include "xattrs.h"

namespace slipway {
namespace {

/** path_resolution(7) */
constexpr int kMaxLinks = 40;
constexpr unsigned kWhiteoutMode = S_IFCHR | 0600;

bool IsDirectory(const LayerNode* node) { return node != nullptr && S_ISDIR(node->mode); }

/** See IsWhiteout in stats.h: members of an archive may be such devices, too. */
bool IsWhiteoutNode(const LayerNode* node) {
  return node != nullptr && S_ISCHR(node->mode) && node->major == 0 && node->minor == 0;
}

void CheckName(const std::string& name, const char* syscall, const std::string& path) {
  if (name.size() > NAME_MAX) ThrowErrno(syscall, path, ENAMETOOLONG);
}

/** What the kernel says to a file capability of another form (cap_convert_nscap). */
bool IsCapability(const std::string& value) {
  uint32_t magic = 0;
  if (value.size() < sizeof magic) return false;
  std::memcpy(&magic, value.data(), sizeof magic);
  const uint32_t revision = magic & VFS_CAP_REVISION_MASK;
  return (value.size() == XATTR_CAPS_SZ_2 && revision == VFS_CAP_REVISION_2) ||
         (value.size() == XATTR_CAPS_SZ_3 && revision == VFS_CAP_REVISION_3);
}

/** The errno that setxattr(2) would give; 0 when it would succeed. */
int RefusalOf(const LayerNode& node, const std::string& name, const std::string& value) {
  const bool user = name.starts_with("user.");
  if (name.size() > XATTR_NAME_MAX) return ERANGE;
  if (value.size() > XATTR_SIZE_MAX) return E2BIG;
  if (user && !S_ISREG(node.mode) && !S_ISDIR(node.mode)) return EPERM;
  if (user ? name == "user." : !IsCapability(value)) return EINVAL;
  return 0;
}

void SetMetadata(LayerNode& node, const TarEntry& entry, const std::string& path) {
  node.uid = entry.uid;
  node.gid = entry.gid;
  node.mode = (node.mode & S_IFMT) | (S_ISLNK(node.mode) ? 0777 : entry.mode & 07777);
  node.mtime = entry.mtime;
  node.mtime_ns = entry.mtime_ns;
  for (const auto& [key, value] : entry.xattrs) {
    const std::string name = key.c_str();
    if (!BelongsInLayer(name)) continue;
    if (const int refused = RefusalOf(node, name, value)) ThrowErrno("lsetxattr", path, refused);
    node.xattrs[name] = value;
  }
}

void MarkOpaqueNode(LayerNode& directory) { directory.xattrs["trusted.overlay.opaque"] = "y"; }

}  // namespace

LayerTree::LayerTree() : root_(NewNode(S_IFDIR | 0755)) { root_->parent = root_; }

LayerNode* LayerTree::NewNode(unsigned mode) {
  LayerNode* const node = &nodes_.emplace_back();
  node->mode = mode;
  return node;
}

void LayerTree::Add(const TarEntry& entry, uint64_t data) {
  std::vector<std::string> components = CleanComponents(entry.path);
  if (components.empty()) return AddRoot(entry);
  std::string name = std::move(components.back());
  components.pop_back();
  if (IsWhiteoutName(name)) return AddWhiteout(components, name);
  LayerNode* const parent = Parent(components);
  std::string path = Below(JoinPath(components), name.c_str());
  const Place place{parent, std::move(name), std::move(path)};
  switch (entry.type) {
    case kTarFile:
      return AddFile(entry, place, data);
    case kTarDirectory:
      return AddDirectory(entry, place);
    case kTarHardLink:
      return AddHardLink(entry, place);
    case kTarSymlink:
      return AddSymlink(entry, place);
    case kTarChar:
      return AddNode(entry, place, S_IFCHR);
    case kTarBlockDevice:
      return AddNode(entry, place, S_IFBLK);
    case kTarFifo:
      return AddNode(entry, place, S_IFIFO);
    default:
      RefuseMember(entry.path, std::string("a member of type \"") + entry.type + "\" is not known");
  }
}

// ── places ──────────────────────────────────────────────────────────────────────────────────────────

LayerNode* LayerTree::At(const Place& place) const {
  const auto found = place.parent->children.find(place.name);
  return found == place.parent->children.end() ? nullptr : found->second;
}

/** The directory at `path`, links followed as openat2(2) with RESOLVE_IN_ROOT does; none when it is missing,
 * or no directory. */
LayerNode* LayerTree::Find(const std::string& path) const {
  if (path.size() >= PATH_MAX) ThrowErrno("openat2", path, ENAMETOOLONG);
  LayerNode* at = root_;
  int links = 0;
  std::vector<std::string> pending = {path};
  while (!pending.empty()) {
    std::string rest = std::move(pending.back());
    pending.pop_back();
    const size_t slash = rest.find('/');
    if (slash != std::string::npos) pending.push_back(rest.substr(slash + 1));
    rest.resize(std::min(slash, rest.size()));
    if (rest.empty() || rest == ".") continue;
    if (rest == "..") {
      at = at->parent;
      continue;
    }
    CheckName(rest, "openat2", path);
    LayerNode* const next = At({at, rest, {}});
    if (next != nullptr && S_ISLNK(next->mode)) {
      if (++links > kMaxLinks) ThrowErrno("openat2", path, ELOOP);
      if (next->link.starts_with('/')) at = root_;
      pending.push_back(next->link);
    } else if (IsDirectory(next)) {
      at = next;
    } else {
      return nullptr;
    }
  }
  return at;
}

LayerNode* LayerTree::Find(const HardLinkTarget& target) const {
  LayerNode* const directory = Find(JoinPath(target.directory));
  return directory == nullptr ? nullptr : At({directory, target.name, {}});
}

LayerNode* LayerTree::Parent(const std::vector<std::string>& components) {
  std::string path = JoinPath(components);
  if (last_ && last_->first == path) return last_->second;
  LayerNode* directory = Find(path);
  if (directory == nullptr) directory = MakeParents(components);
  last_.emplace(std::move(path), directory);
  return directory;
}

LayerNode* LayerTree::MakeParents(const std::vector<std::string>& components) {
  std::string path;
  LayerNode* directory = root_;
  for (const std::string& name : components) {
    path = Below(path, name.c_str());
    LayerNode* next = Find(path);
    if (next == nullptr) {
      const Place place{directory, name, path};
      LayerNode* const there = At(place);
      if (there != nullptr && !IsWhiteoutNode(there))
        RefuseMember(path, "is in the way of a directory, or a link that leads nowhere");
      next = MakeDirectory(place);
    }
    directory = next;
  }
  return directory;
}

/** In the place of nothing, or of a whiteout, in whose place it hides what is below it in lower layers. */
LayerNode* LayerTree::MakeDirectory(const Place& place) {
  CheckName(place.name, "mkdirat", place.path);
  LayerNode* const directory = NewNode(S_IFDIR | 0755);
  directory->parent = place.parent;
  if (IsWhiteoutNode(At(place))) MarkOpaqueNode(*directory);
  return place.parent->children[place.name] = directory;
}

void LayerTree::Remove(const Place& place) {
  const LayerNode* const there = At(place);
  if (there == nullptr) return;
  if (S_ISDIR(there->mode) || S_ISLNK(there->mode)) last_.reset();
  place.parent->children.erase(place.name);
}

/** Of two members with one name, the last wins. */
LayerNode* LayerTree::Replace(const Place& place, LayerNode* node, const char* syscall) {
  CheckName(place.name, syscall, place.path);
  Remove(place);
  return place.parent->children[place.name] = node;
}

// ── members ─────────────────────────────────────────────────────────────────────────────────────────

void LayerTree::AddRoot(const TarEntry& entry) {
  if (entry.type != kTarDirectory)
    RefuseMember(entry.path, "it would be the root, which can only be a directory");
  SetMetadata(*root_, entry, "");
}

void LayerTree::AddWhiteout(const std::vector<std::string>& components, const std::string& name) {
  const WhiteoutName whiteout = ParseWhiteoutName(JoinPath(components), name);
  if (whiteout.kind == WhiteoutName::kMeta) return;
  LayerNode* const parent = Parent(components);
  if (whiteout.kind == WhiteoutName::kOpaque) return MarkOpaqueNode(*parent);
  const Place place{parent, whiteout.hidden, Below(JoinPath(components), whiteout.hidden.c_str())};
  LayerNode* const there = At(place);
  if (IsDirectory(there)) return MarkOpaqueNode(*there);
  if (there == nullptr) Replace(place, NewNode(kWhiteoutMode), "mknodat");
}

void LayerTree::AddFile(const TarEntry& entry, const Place& place, uint64_t data) {
  // Its parts lie where they lie in the archive, which need not be where a block of the file begins.
  if (entry.sparse) throw Unfit{place.path + ": a sparse file"};
  LayerNode* const file = Replace(place, NewNode(S_IFREG), "openat");
  file->size = entry.size;
  file->data = data;
  SetMetadata(*file, entry, place.path);
}

void LayerTree::AddDirectory(const TarEntry& entry, const Place& place) {
  CheckName(place.name, "statx", place.path);
  LayerNode* directory = At(place);
  if (!IsDirectory(directory)) {
    if (directory != nullptr && !IsWhiteoutNode(directory)) Remove(place);
    directory = MakeDirectory(place);
  }
  SetMetadata(*directory, entry, place.path);
}

void LayerTree::AddSymlink(const TarEntry& entry, const Place& place) {
  if (entry.link.empty()) RefuseMember(entry.path, "a link without a target");
  if (entry.link.size() >= PATH_MAX) ThrowErrno("symlinkat", place.path, ENAMETOOLONG);
  LayerNode* const link = Replace(place, NewNode(S_IFLNK), "symlinkat");
  link->link = entry.link;
  SetMetadata(*link, entry, place.path);
}

void LayerTree::AddNode(const TarEntry& entry, const Place& place, unsigned type) {
  // What fits the kernel's dev_t, as user space hands it over.
  if (entry.major > 0xFFF || entry.minor > 0xFFFFF) ThrowErrno("mknodat", place.path, EINVAL);
  LayerNode* const node = Replace(place, NewNode(type), "mknodat");
  node->major = entry.major;
  node->minor = entry.minor;
  SetMetadata(*node, entry, place.path);
}

void LayerTree::AddHardLink(const TarEntry& entry, const Place& place) {
  const HardLinkTarget target = TargetOfHardLink(entry, place.path);
  CheckName(target.name, "linkat", place.path);
  LayerNode* const there = Find(target);
  if (there == nullptr) RefuseMissing(entry, target);
  CheckName(place.name, "linkat", place.path);
  // What is removed for the link may be its target, or hold it.
  Remove(place);
  if (Find(target) != there) RefuseMissing(entry, target);
  if (IsDirectory(there)) RefuseUnlinkable(entry, target);
  place.parent->children[place.name] = there;
}

}  // namespace slipway

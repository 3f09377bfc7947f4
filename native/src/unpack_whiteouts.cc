#include "unpack_whiteouts.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <optional>
#include <utility>

#include "errors.h"
#include "in_root.h"
#include "stats.h"
#include "tree_walk.h"
#include "xattrs.h"

namespace slipway {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
// Bookkeeping of aufs (".wh..wh.plnk", ".wh..wh.aufs"), which old images still carry.
constexpr std::string_view kWhiteoutMeta = ".wh..wh.";

/** A whiteout counts for lower layers only: what this layer has under the name stays, a directory without
 * what is below it there. */
void Hide(const Place& place) {
  const std::optional<struct statx> there = StatPlace(place);
  if (there && S_ISDIR(there->stx_mode)) return MarkOpaque(ProcPath(place.parent, place.name));
  if (there) return;
  Check(::mknodat(place.parent, place.name.c_str(), S_IFCHR | 0600, makedev(0, 0)), "mknodat", place.path);
}

}  // namespace

void MarkOpaque(const std::string& path) { SetXattr(path, "trusted.overlay.opaque", "y"); }

bool IsWhiteoutName(std::string_view name) { return name.starts_with(kWhiteout); }

WhiteoutName ParseWhiteoutName(const std::string& directory, const std::string& name) {
  if (name == kOpaque) return {WhiteoutName::kOpaque, {}};
  if (name.starts_with(kWhiteoutMeta)) return {WhiteoutName::kMeta, {}};
  std::string hidden = name.substr(kWhiteout.size());
  if (hidden.empty() || hidden == "." || hidden == "..") {
    throw ArchiveError{Below(directory, name.c_str()) + ": a whiteout of no name"};
  }
  return {WhiteoutName::kName, std::move(hidden)};
}

bool LayerWhiteouts::Takes(std::string_view name) const {
  return mode_ != Whiteouts::kKeep && IsWhiteoutName(name);
}

void LayerWhiteouts::Apply(const std::vector<std::string>& components, const std::string& name,
                           const std::function<int()>& parent) {
  const std::string directory = JoinPath(components);
  const auto [kind, hidden] = ParseWhiteoutName(directory, name);
  if (kind == WhiteoutName::kMeta) return;
  if (kind == WhiteoutName::kOpaque) return HideAll(components, parent);
  const std::string path = Below(directory, hidden.c_str());
  if (mode_ == Whiteouts::kOverlay) return Hide({parent(), hidden, path});
  const UniqueFd there = directories_.Try(directory);
  if (there) RemoveOlder({there.get(), hidden, path});
}

void LayerWhiteouts::HideAll(const std::vector<std::string>& components, const std::function<int()>& parent) {
  if (mode_ == Whiteouts::kOverlay) return MarkOpaque(ProcPath(parent()));
  const std::string path = JoinPath(components);
  const UniqueFd directory = directories_.Try(path);
  if (directory) RemoveOlderEntries(directory.get(), path);
}

void LayerWhiteouts::RemoveOlder(const Place& place) {
  if (!created_.contains(place.path)) return directories_.Remove(place);
  const std::optional<struct statx> there = StatPlace(place);
  if (there && S_ISDIR(there->stx_mode)) RemoveOlderEntries(OpenPlace(place).get(), place.path);
}

void LayerWhiteouts::RemoveOlderEntries(int directory, const std::string& path) {
  std::vector<std::string> names;
  DirectoryReader reader(directory);
  while (const char* name = reader.Next()) names.emplace_back(name);
  for (const std::string& name : names) RemoveOlder({directory, name, Below(path, name.c_str())});
}

void LayerWhiteouts::Created(const std::string& path) {
  if (mode_ != Whiteouts::kApply) return;
  for (std::string at = path; created_.insert(at).second;) {
    const size_t slash = at.rfind('/');
    if (slash == std::string::npos) return;
    at.resize(slash);
  }
}

}  // namespace slipway

#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "unpack.h"
#include "unpack_place.h"

namespace slipway {

/** Lets the directory at `path` hide what lower layers of an overlay have there. */
void MarkOpaque(const std::string& path);

/** Whether a layer's member of this name is a whiteout, or what aufs kept beside them. */
bool IsWhiteoutName(std::string_view name);

struct WhiteoutName {
  /** Of one name, of everything in its directory, or aufs' bookkeeping, which means nothing. */
  enum Kind { kName, kOpaque, kMeta } kind;
  std::string hidden;
};

/** What the whiteout `name` in `directory` says. Throws ArchiveError. */
WhiteoutName ParseWhiteoutName(const std::string& directory, const std::string& name);

/** The whiteouts of one layer: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
class LayerWhiteouts {
 public:
  /** `directories` are those of the target, and live longer. */
  LayerWhiteouts(Whiteouts mode, OpenDirectories& directories) : mode_(mode), directories_(directories) {}

  /** Whether a member of this name is no file here. */
  bool Takes(std::string_view name) const;

  /** The whiteout `name` in the directory `components`, which `parent` opens, and makes where it is missing.
   */
  void Apply(const std::vector<std::string>& components, const std::string& name,
             const std::function<int()>& parent);

  /** Remembers what the layer made, with its parents: its own whiteouts do not count for that. */
  void Created(const std::string& path);

 private:
  void HideAll(const std::vector<std::string>& components, const std::function<int()>& parent);
  void RemoveOlder(const Place& place);
  void RemoveOlderEntries(int directory, const std::string& path);

  const Whiteouts mode_;
  OpenDirectories& directories_;
  std::set<std::string> created_;
};

}  // namespace slipway

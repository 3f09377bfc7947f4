#pragma once

#include <napi.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "digesting_writer.h"
#include "tar_format.h"

namespace slipway {

/** A member to write, and where its content comes from. */
struct LayerItem {
  TarEntry entry;
  /** Content, when it does not come from a file. */
  std::string data;
  /** A file below the writer's root that has entry.size bytes; empty when there is none. */
  std::string source;
};

struct WrittenLayer {
  DigestingWriter::Result tar;
  size_t entries;
};

/**
 * Writes a canonical tar in the order of `paths`' bytes; `item` is asked once for each of them, by its index.
 * Sources are opened below the directory `root`.
 */
WrittenLayer WriteItems(int out, int root, const std::vector<std::string_view>& paths,
                        const std::function<LayerItem(size_t)>& item);

/** { diffId, size, entries } */
Napi::Value ToJs(Napi::Env env, const WrittenLayer& written);

}  // namespace slipway

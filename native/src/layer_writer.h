#pragma once

#include <napi.h>

#include <string>
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

/** Sorts `items` by path bytes and writes them as a canonical tar; sources are opened below the directory
 * `root`. */
WrittenLayer WriteItems(int out, int root, std::vector<LayerItem>& items);

/** { diffId, size, entries } */
Napi::Value ToJs(Napi::Env env, const WrittenLayer& written);

}  // namespace slipway

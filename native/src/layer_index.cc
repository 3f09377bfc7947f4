#include <napi.h>
#include <sys/stat.h>

#include <algorithm>

#include "archive_member.h"
#include "erofs_image.h"
#include "errors.h"
#include "job.h"
#include "layer_tree.h"
#include "register.h"
#include "tar_reader.h"
#include "values.h"

namespace slipway {
namespace {

struct Indexed {
  uint64_t entries = 0;
  uint64_t size = 0;
  /** Why nothing was written; empty when it was. */
  std::string unfit;
};

Indexed IndexLayer(int tar, int out, const std::array<uint8_t, 16>& uuid) {
  struct stat archive;
  Check(::fstat(tar, &archive), "fstat");
  Indexed indexed;
  try {
    LayerTree tree;
    TarReader reader(tar);
    while (const std::optional<TarEntry> entry = reader.Next()) {
      CheckInterrupted();
      ++indexed.entries;
      AddMember(*entry, [&] { tree.Add(*entry, reader.Position()); });
    }
    indexed.size = WriteErofs(out, tree, {uuid, static_cast<uint64_t>(archive.st_size)});
  } catch (const Unfit& unfit) {
    indexed.unfit = unfit.why;
  }
  return indexed;
}

Napi::Value Index(const Napi::CallbackInfo& info) {
  std::array<uint8_t, 16> uuid = {};
  const std::string bytes = ToContent(info[2]);
  std::copy_n(bytes.begin(), std::min(bytes.size(), uuid.size()), uuid.begin());
  return RunJob(
      info.Env(), [tar = ToInt(info[0]), out = ToInt(info[1]), uuid] { return IndexLayer(tar, out, uuid); },
      [](Napi::Env env, const Indexed& indexed) {
        Napi::Object result = Napi::Object::New(env);
        result.Set("entries", static_cast<double>(indexed.entries));
        result.Set("size", static_cast<double>(indexed.size));
        if (!indexed.unfit.empty()) result.Set("unfit", ToText(env, indexed.unfit));
        return result;
      });
}

}  // namespace

void RegisterLayerIndex(Napi::Env env, Napi::Object exports) { Export<Index>(env, exports, "indexLayer"); }

}  // namespace slipway

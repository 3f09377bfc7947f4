#include <napi.h>

#include "job.h"
#include "register.h"

namespace slipway {

static Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  constexpr decltype(&RegisterFiles) areas[] = {
      RegisterJobs,        RegisterFiles,      RegisterRootfs,        RegisterScan,       RegisterTreeRemove,
      RegisterLayerWriter, RegisterLayerUpper, RegisterLayerUnpack,   RegisterLayerSame,  RegisterInflate,
      RegisterDeflate,     RegisterTreeCopy,   RegisterTerminal,      RegisterSeccomp,    RegisterProcesses,
      RegisterNetwork,     RegisterVeth,       RegisterDeviceFilters, RegisterLayerIndex, RegisterHash,
      RegisterLoopback,
  };
  for (const auto area : areas) area(env, exports);
  return exports;
}

NODE_API_MODULE(kernel, Initialise)

}  // namespace slipway

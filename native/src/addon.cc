#include <napi.h>

#include "job.h"
#include "register.h"

namespace slipway {

static Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  for (const auto area : {RegisterJobs, RegisterFiles, RegisterProcesses, RegisterNetwork})
    area(env, exports);
  return exports;
}

NODE_API_MODULE(kernel, Initialise)

}  // namespace slipway

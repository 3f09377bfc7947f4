#include <napi.h>

#include "register.h"

namespace slipway {

void RegisterNetwork(Napi::Env, Napi::Object) {}

}  // namespace slipway

#pragma once

#include <napi.h>

namespace slipway {

/** Each kernel area adds its functions to the addon's exports. */
void RegisterFiles(Napi::Env env, Napi::Object exports);
void RegisterProcesses(Napi::Env env, Napi::Object exports);
void RegisterNetwork(Napi::Env env, Napi::Object exports);

}  // namespace slipway

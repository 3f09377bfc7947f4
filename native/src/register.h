#pragma once

#include <napi.h>

namespace slipway {

/** Each kernel area adds its functions to the addon's exports. */
void RegisterHash(Napi::Env env, Napi::Object exports);
void RegisterFiles(Napi::Env env, Napi::Object exports);
void RegisterRootfs(Napi::Env env, Napi::Object exports);
void RegisterScan(Napi::Env env, Napi::Object exports);
void RegisterTreeRemove(Napi::Env env, Napi::Object exports);
void RegisterLayerWriter(Napi::Env env, Napi::Object exports);
void RegisterLayerUpper(Napi::Env env, Napi::Object exports);
void RegisterLayerUnpack(Napi::Env env, Napi::Object exports);
void RegisterLayerIndex(Napi::Env env, Napi::Object exports);
void RegisterLayerSame(Napi::Env env, Napi::Object exports);
void RegisterInflate(Napi::Env env, Napi::Object exports);
void RegisterDeflate(Napi::Env env, Napi::Object exports);
void RegisterTreeCopy(Napi::Env env, Napi::Object exports);
void RegisterTerminal(Napi::Env env, Napi::Object exports);
void RegisterSeccomp(Napi::Env env, Napi::Object exports);
void RegisterProcesses(Napi::Env env, Napi::Object exports);
void RegisterDeviceFilters(Napi::Env env, Napi::Object exports);
void RegisterLoopback(Napi::Env env, Napi::Object exports);
void RegisterNetwork(Napi::Env env, Napi::Object exports);
void RegisterVeth(Napi::Env env, Napi::Object exports);

}  // namespace slipway

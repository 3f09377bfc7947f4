#pragma once

#include <napi.h>

#include <string>

#include "digesting_writer.h"

namespace slipway {

/** What went in and what came out of a compressor, either way. */
struct Inflated {
  std::string compression;
  DigestingWriter::Result input;
  DigestingWriter::Result output;
};

/** { compression, input: { sha256, size }, output: { sha256, size } } */
Napi::Value InflatedToJs(Napi::Env env, const Inflated& inflated);

}  // namespace slipway

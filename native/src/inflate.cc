#include <fcntl.h>
#include <napi.h>

#include <cmath>
#include <limits>
#include <optional>

#include "byte_source.h"
#include "decoders.h"
#include "digesting_writer.h"
#include "errors.h"
#include "inflated.h"
#include "job.h"
#include "register.h"
#include "values.h"

namespace slipway {
namespace {

/** A source that digests what is consumed from it, and keeps it when `keep` is a descriptor. */
class DigestingSource {
 public:
  DigestingSource(int fd, int keep) : source_(fd) {
    if (keep >= 0) kept_.emplace(keep);
    // A pipe holds 64 KiB, and every change of sides costs; what is no pipe refuses.
    static_cast<void>(::fcntl(fd, F_SETPIPE_SZ, 1 << 20));
  }

  std::string_view Peek(size_t least = 1) { return source_.Peek(least); }
  void Consume(size_t size) {
    const std::string_view taken = source_.Peek().substr(0, size);
    if (kept_) {
      kept_->Write(taken);
    } else {
      sha256_.Update(taken.data(), taken.size());
    }
    size_ += size;
    source_.Consume(size);
  }
  DigestingWriter::Result Finish() {
    return kept_ ? kept_->Finish() : DigestingWriter::Result{sha256_.Finish(), size_};
  }

 private:
  ByteSource source_;
  std::optional<DigestingWriter> kept_;
  Sha256 sha256_;
  uint64_t size_ = 0;
};

Inflated InflateTo(int from, int to, uint64_t max_bytes, int keep) {
  DigestingSource source(from, keep);
  DigestingWriter writer(to);
  const Input input{[&] { return source.Peek(); },
                    [&](size_t size) {
                      if (size > 0) source.Consume(size);
                    }};
  const Output output{
      [&] { return writer.Space(); },
      [&](size_t size) {
        writer.Commit(size);
        if (writer.Size() <= max_bytes) return;
        throw ArchiveError{"more than the limit of " + std::to_string(max_bytes) + " bytes come out"};
      }};
  const Format& format = FormatOf(source.Peek(kMaxMagic));
  try {
    format.decode(input, output);
  } catch (const ArchiveError&) {
    // What came out before the damage tells what it was: an archive, or a file of another kind.
    writer.Finish();
    throw;
  }
  return {format.name, source.Finish(), writer.Finish()};
}

Napi::Value Inflate(const Napi::CallbackInfo& info) {
  const double limit = info[2].IsNumber() ? info[2].As<Napi::Number>().DoubleValue() : INFINITY;
  const uint64_t max_bytes =
      limit < 9007199254740992.0 ? static_cast<uint64_t>(limit) : std::numeric_limits<uint64_t>::max();
  return RunJob(
      info.Env(),
      [from = ToInt(info[0]), to = ToInt(info[1]), max_bytes,
       keep = info[3].IsNumber() ? ToInt(info[3]) : -1] { return InflateTo(from, to, max_bytes, keep); },
      InflatedToJs);
}

Napi::Object SideToJs(Napi::Env env, const DigestingWriter::Result& side) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("sha256", Napi::Buffer<unsigned char>::Copy(env, side.sha256.data(), side.sha256.size()));
  object.Set("size", static_cast<double>(side.size));
  return object;
}

}  // namespace

Napi::Value InflatedToJs(Napi::Env env, const Inflated& inflated) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("compression", inflated.compression);
  object.Set("input", SideToJs(env, inflated.input));
  object.Set("output", SideToJs(env, inflated.output));
  return object;
}

void RegisterInflate(Napi::Env env, Napi::Object exports) { Export<Inflate>(env, exports, "inflate"); }

}  // namespace slipway

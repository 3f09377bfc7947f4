#pragma once

#include <napi.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/**
 * Paths cross the boundary without loss: bytes that are not UTF-8 become lone surrogates U+DC80..U+DCFF (as
 * Python's surrogateescape) and turn back into the same bytes.
 */
std::string ToBytes(const Napi::Value& text);
// Not a Napi::String: Object::Set would take that through UTF-8, which has no surrogates.
Napi::Value ToText(Napi::Env env, std::string_view bytes);

std::vector<std::string> ToStrings(const Napi::Value& array);

/** Many texts in one piece of memory, each with a NUL behind it. */
class Texts {
 public:
  /** Reads what native/packed-texts.ts made. Throws SyscallError EINVAL when one of them has a NUL itself. */
  explicit Texts(const Napi::Value& packed);

  size_t size() const { return starts_.size(); }
  const char* operator[](size_t i) const { return bytes_.data() + starts_[i]; }

 private:
  std::string bytes_;
  std::vector<size_t> starts_;
};

/** A copy of a Buffer or Uint8Array. */
std::string ToContent(const Napi::Value& buffer);
int ToInt(const Napi::Value& number);

/** The JavaScript form of whatever is being thrown; see errors.h. */
Napi::Value ToError(Napi::Env env, const std::exception_ptr& thrown);

/** Exports a function whose C++ exceptions become JavaScript ones. */
template <auto Function>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  auto guarded = [](const Napi::CallbackInfo& info) -> Napi::Value {
    try {
      if constexpr (std::is_void_v<decltype(Function(info))>) {
        Function(info);
        return info.Env().Undefined();
      } else {
        return Function(info);
      }
    } catch (const Napi::Error&) {
      throw;
    } catch (...) {
      throw Napi::Error(info.Env(), ToError(info.Env(), std::current_exception()));
    }
  };
  exports.Set(name, Napi::Function::New(env, guarded, name));
}

}  // namespace slipway

#include "values.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "errors.h"
#include "interrupt.h"

namespace slipway {
namespace {

constexpr char16_t kEscape = 0xDC00;

/** Length of the UTF-8 sequence at `at`, 0 when it is none: surrogates and overlong forms are not valid. */
size_t SequenceLength(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > bytes.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || outside ? 0 : length;
}

char32_t Decode(std::string_view bytes, size_t at, size_t length) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (length == 1) return byte(at);
  char32_t point = byte(at) & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) point = (point << 6) | (byte(at + i) & 0x3F);
  return point;
}

bool IsUtf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = SequenceLength(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

void AppendUtf8(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  const int extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(lead[extra] | (point >> (6 * extra)));
  for (int i = extra - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F));
}

const char* ErrnoName(int number) {
  const char* name = strerrorname_np(number);
  return name != nullptr ? name : "EUNKNOWN";
}

Napi::Value FromSyscall(Napi::Env env, const SyscallError& failed) {
  const std::string text = failed.why.empty() ? strerrordesc_np(failed.number) : failed.why;
  Napi::Object error = Napi::Error::New(env, text).Value();
  error.Set("code", ErrnoName(failed.number));
  error.Set("errno", failed.number);
  error.Set("syscall", failed.syscall);
  if (!failed.path.empty()) error.Set("path", ToText(env, failed.path));
  return error;
}

Napi::Value FromArchive(Napi::Env env, const std::string& why) {
  Napi::Object error = Napi::Error::New(env, why).Value();
  error.Set("code", "ARCHIVE_INVALID");
  return error;
}

}  // namespace

std::string ToBytes(const Napi::Value& value) {
  const std::u16string text = value.As<Napi::String>().Utf16Value();
  // Nearly every text is ASCII to its end.
  const auto rest = std::find_if(text.begin(), text.end(), [](char16_t unit) { return unit >= 0x80; });
  std::string out(text.begin(), rest);
  for (size_t i = out.size(); i < text.size(); ++i) {
    const char16_t unit = text[i];
    const bool pair = (unit & 0xFC00) == 0xD800 && i + 1 < text.size() && (text[i + 1] & 0xFC00) == 0xDC00;
    if (pair) {
      AppendUtf8(out, 0x10000 + ((unit & 0x3FF) << 10) + (text[++i] & 0x3FF));
    } else if (unit >= kEscape + 0x80 && unit <= kEscape + 0xFF) {
      out += static_cast<char>(unit - kEscape);
    } else {
      AppendUtf8(out, unit);
    }
  }
  return out;
}

Napi::Value ToText(Napi::Env env, std::string_view bytes) {
  if (IsUtf8(bytes)) return Napi::String::New(env, bytes.data(), bytes.size());
  std::u16string text;
  text.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = SequenceLength(bytes, at);
    if (length == 0) {
      text += static_cast<char16_t>(kEscape + static_cast<unsigned char>(bytes[at++]));
      continue;
    }
    const char32_t point = Decode(bytes, at, length);
    at += length;
    if (point < 0x10000) {
      text += static_cast<char16_t>(point);
    } else {
      text += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      text += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return Napi::String::New(env, text);
}

std::vector<std::string> ToStrings(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> strings(array.Length());
  for (uint32_t i = 0; i < strings.size(); ++i) {
    Napi::HandleScope scope(array.Env());
    strings[i] = ToBytes(array.Get(i));
  }
  return strings;
}

Texts::Texts(const Napi::Value& packed) {
  const auto texts = packed.As<Napi::Object>();
  for (const std::string& piece : ToStrings(texts.Get("pieces"))) bytes_ += piece;
  const auto count = static_cast<size_t>(texts.Get("count").As<Napi::Number>().Int64Value());
  starts_.reserve(count);
  for (size_t at = 0; at < bytes_.size(); at += std::strlen(bytes_.data() + at) + 1) starts_.push_back(at);
  if (starts_.size() != count) throw SyscallError{EINVAL, "openat2", {}, "a path has a NUL byte"};
}

std::string ToContent(const Napi::Value& value) {
  const auto bytes = value.As<Napi::Uint8Array>();
  return std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
}

int ToInt(const Napi::Value& number) { return number.As<Napi::Number>().Int32Value(); }

Napi::Value ToError(Napi::Env env, const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const SyscallError& failed) {
    return FromSyscall(env, failed);
  } catch (const ArchiveError& invalid) {
    return FromArchive(env, invalid.why);
  } catch (const Interrupted&) {
    return Napi::Error::New(env, "the process is ending").Value();
  } catch (const std::exception& error) {
    return Napi::Error::New(env, error.what()).Value();
  }
}

}  // namespace slipway

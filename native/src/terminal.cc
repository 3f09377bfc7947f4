#include <napi.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <cstring>

#include "errors.h"
#include "register.h"
#include "values.h"

namespace slipway {
namespace {

Napi::Value MakeRaw(const Napi::CallbackInfo& info) {
  const int fd = ToInt(info[0]);
  struct termios settings;
  Check(::tcgetattr(fd, &settings), "tcgetattr");
  const auto saved =
      Napi::Buffer<char>::Copy(info.Env(), reinterpret_cast<const char*>(&settings), sizeof settings);
  ::cfmakeraw(&settings);
  Check(::tcsetattr(fd, TCSADRAIN, &settings), "tcsetattr");
  return saved;
}

void Restore(const Napi::CallbackInfo& info) {
  const std::string saved = ToContent(info[1]);
  struct termios settings;
  if (saved.size() != sizeof settings) ThrowErrno("tcsetattr", {}, EINVAL);
  std::memcpy(&settings, saved.data(), sizeof settings);
  Check(::tcsetattr(ToInt(info[0]), TCSADRAIN, &settings), "tcsetattr");
}

Napi::Value Size(const Napi::CallbackInfo& info) {
  struct winsize size = {};
  Check(::ioctl(ToInt(info[0]), TIOCGWINSZ, &size), "ioctl");
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("columns", size.ws_col);
  object.Set("rows", size.ws_row);
  return object;
}

}  // namespace

void RegisterTerminal(Napi::Env env, Napi::Object exports) {
  Export<MakeRaw>(env, exports, "rawTerminal");
  Export<Restore>(env, exports, "restoreTerminal");
  Export<Size>(env, exports, "terminalSize");
}

}  // namespace slipway

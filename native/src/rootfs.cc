#include <fcntl.h>
#include <napi.h>
#include <sys/mount.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "errors.h"
#include "job.h"
#include "register.h"
#include "unique_fd.h"
#include "values.h"
#include "xattrs.h"

namespace slipway {
namespace {

struct MountRequest {
  std::string type;
  std::string source;
  std::string target;
  std::vector<std::string> options;
};

const std::map<std::string, uint64_t, std::less<>> kAttributes = {
    {"ro", MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID},
    {"nodev", MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC},
    {"noatime", MOUNT_ATTR_NOATIME},
    {"nodiratime", MOUNT_ATTR_NODIRATIME},
    {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
};

uint64_t AttributesOf(const std::vector<std::string>& options) {
  uint64_t attributes = 0;
  for (const std::string& option : options) {
    const auto found = kAttributes.find(option);
    if (found != kAttributes.end()) attributes |= found->second;
  }
  return attributes;
}

/** Words that say the default, or what only a mount with a place in a namespace can have. */
bool SaysNothing(std::string_view option) {
  constexpr std::string_view words[] = {"rw",       "bind",  "rbind",  "defaults", "private",
                                        "rprivate", "slave", "rslave", "relatime"};
  return std::find(std::begin(words), std::end(words), option) != std::end(words);
}

/** Detached mounts by the target that the list gives them. */
class Stack {
 public:
  void Add(const std::string& target, UniqueFd mount) { mounts_[target] = std::move(mount); }

  /** `path`, by the detached mount it lies on if an earlier one was given that target. */
  std::string Locate(const std::string& path) const {
    for (auto mount = mounts_.rbegin(); mount != mounts_.rend(); ++mount) {
      const auto& [target, fd] = *mount;
      if (path == target) return ProcPath(fd.get());
      if (path.starts_with(target + "/")) return ProcPath(fd.get(), path.substr(target.size() + 1));
    }
    return path;
  }

 private:
  // Sorted, so that the reverse order meets a deeper target before the one that holds it.
  std::map<std::string, UniqueFd> mounts_;
};

/** fsopen(2) and what follows; failures carry the message that the filesystem left in its log. */
class Filesystem {
 public:
  explicit Filesystem(const std::string& type)
      : type_(type), context_(Check(::fsopen(type.c_str(), FSOPEN_CLOEXEC), "fsopen", type)) {}

  void SetString(const std::string& key, const std::string& value) {
    Configure(FSCONFIG_SET_STRING, key.c_str(), value.c_str());
  }
  void SetFlag(const std::string& key) { Configure(FSCONFIG_SET_FLAG, key.c_str(), nullptr); }

  UniqueFd Mount(uint64_t attributes) {
    Configure(FSCONFIG_CMD_CREATE, nullptr, nullptr);
    return UniqueFd(Check(::fsmount(context_.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)),
                          "fsmount", type_));
  }

 private:
  void Configure(fsconfig_command command, const char* key, const char* value) {
    if (::fsconfig(context_.get(), command, key, value, 0) == 0) return;
    const int number = errno;
    throw SyscallError{number, "fsconfig", key == nullptr ? type_ : type_ + " " + key, LastMessage()};
  }

  std::string LastMessage() {
    char message[1024];
    const ssize_t size = ::read(context_.get(), message, sizeof message);
    // "e overlay: text": the level, a space, the text.
    return size > 2 ? std::string(message + 2, static_cast<size_t>(size) - 2) : std::string();
  }

  const std::string type_;
  UniqueFd context_;
};

UniqueFd CloneTree(const std::string& source, const std::vector<std::string>& options) {
  const bool recursive = std::find(options.begin(), options.end(), "rbind") != options.end();
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  UniqueFd tree(Check(::open_tree(AT_FDCWD, source.c_str(), flags), "open_tree", source));
  struct mount_attr attributes = {};
  attributes.attr_set = AttributesOf(options);
  if (attributes.attr_set != 0) {
    const unsigned all = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    Check(::mount_setattr(tree.get(), "", all, &attributes, sizeof attributes), "mount_setattr", source);
  }
  return tree;
}

/** A colon-separated lowerdir, with "\:" for a colon in a path. */
std::vector<std::string> SplitLayers(std::string_view list) {
  std::vector<std::string> layers(1);
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && i + 1 < list.size()) {
      layers.back() += list[++i];
    } else if (list[i] == ':') {
      layers.emplace_back();
    } else {
      layers.back() += list[i];
    }
  }
  return layers;
}

struct OverlayOptions {
  std::vector<std::string> lower;
  std::vector<std::pair<std::string, std::optional<std::string>>> others;
  bool writable = false;
};

OverlayOptions ReadOverlayOptions(const Stack& stack, const std::vector<std::string>& options) {
  OverlayOptions overlay;
  for (const std::string& option : options) {
    const size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
    if (SaysNothing(key) || kAttributes.contains(key)) continue;
    if (key == "lowerdir+") {
      overlay.lower.push_back(stack.Locate(value));
    } else if (key == "lowerdir") {
      for (const std::string& layer : SplitLayers(value)) overlay.lower.push_back(stack.Locate(layer));
    } else if (key == "upperdir" || key == "workdir") {
      overlay.writable = true;
      overlay.others.emplace_back(key, stack.Locate(value));
    } else {
      overlay.others.emplace_back(key, equals == std::string::npos ? std::nullopt : std::optional(value));
    }
  }
  return overlay;
}

UniqueFd MountOverlay(const Stack& stack, const MountRequest& request) {
  const OverlayOptions overlay = ReadOverlayOptions(stack, request.options);
  // overlayfs refuses one layer without an upper one: that layer is the root filesystem.
  if (overlay.lower.size() == 1 && !overlay.writable) return CloneTree(overlay.lower[0], request.options);
  Filesystem filesystem("overlay");
  filesystem.SetString("source", request.source.empty() ? "overlay" : request.source);
  for (const std::string& layer : overlay.lower) filesystem.SetString("lowerdir+", layer);
  for (const auto& [key, value] : overlay.others) {
    if (value) {
      filesystem.SetString(key, *value);
    } else {
      filesystem.SetFlag(key);
    }
  }
  return filesystem.Mount(AttributesOf(request.options));
}

UniqueFd MountOther(const Stack& stack, const MountRequest& request) {
  Filesystem filesystem(request.type);
  filesystem.SetString("source", stack.Locate(request.source));
  for (const std::string& option : request.options) {
    const size_t equals = option.find('=');
    if (equals != std::string::npos) {
      filesystem.SetString(option.substr(0, equals), stack.Locate(option.substr(equals + 1)));
    } else if (option == "ro" || !(SaysNothing(option) || kAttributes.contains(option))) {
      filesystem.SetFlag(option);
    }
  }
  return filesystem.Mount(AttributesOf(request.options));
}

UniqueFd MountDetached(const Stack& stack, const MountRequest& request) {
  if (request.type == "bind") return CloneTree(stack.Locate(request.source), request.options);
  if (request.type == "overlay") return MountOverlay(stack, request);
  return MountOther(stack, request);
}

int OpenRootfs(const std::vector<MountRequest>& requests) {
  if (requests.empty()) throw SyscallError{EINVAL, "fsmount", {}, "no mounts were given"};
  Stack stack;
  for (size_t i = 0; i + 1 < requests.size(); ++i)
    stack.Add(requests[i].target, MountDetached(stack, requests[i]));
  return MountDetached(stack, requests.back()).release();
}

std::vector<MountRequest> ToMounts(const Napi::Value& value) {
  std::vector<MountRequest> mounts;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto mount = array.Get(i).As<Napi::Object>();
    const Napi::Value target = mount.Get("target");
    mounts.push_back({ToBytes(mount.Get("type")), ToBytes(mount.Get("source")),
                      target.IsString() ? ToBytes(target) : std::string(), ToStrings(mount.Get("options"))});
  }
  return mounts;
}

Napi::Value Open(const Napi::CallbackInfo& info) {
  return RunJob(
      info.Env(), [mounts = ToMounts(info[0])] { return OpenRootfs(mounts); },
      [](Napi::Env env, int fd) { return Napi::Number::New(env, fd); });
}

}  // namespace

void RegisterRootfs(Napi::Env env, Napi::Object exports) { Export<Open>(env, exports, "openRootfs"); }

}  // namespace slipway

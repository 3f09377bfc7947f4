#include "layer_settle.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "errors.h"
#include "in_root.h"
#include "interrupt.h"
#include "stats.h"
#include "tree_remove.h"
#include "tree_walk.h"
#include "unique_fd.h"

namespace slipway {
namespace {

class Settler {
 public:
  Settler(UniqueFd top, std::set<std::string> exclude, std::optional<int64_t> clamp)
      : top_(std::move(top)), exclude_(std::move(exclude)), clamp_(clamp) {}

  void Run() {
    for (pending_.push_back(""); !pending_.empty();) {
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      Settle(path);
    }
  }

 private:
  void Settle(const std::string& path) {
    CheckInterrupted();
    const UniqueFd directory =
        OpenBelow(top_.get(), path, kOpenDirectory, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    // Before entries are taken out of it, which changes it.
    const struct statx self = Statx(directory.get());
    std::vector<std::string> unwanted;
    DirectoryReader reader(directory.get());
    while (const char* name = reader.Next()) {
      const std::string below = Below(path, name);
      const struct statx stat = Statx(directory.get(), name, below);
      if (exclude_.contains(below) || S_ISSOCK(stat.stx_mode)) {
        unwanted.emplace_back(name);
      } else if (S_ISDIR(stat.stx_mode)) {
        pending_.push_back(below);
      } else if (!IsWhiteout(stat)) {
        SetTime(directory.get(), name, stat);
      }
    }
    for (const std::string& name : unwanted) RemoveBelow(directory.get(), name);
    SetTime(directory.get(), nullptr, self);
  }

  /** Of `name` in `directory`, or of the directory itself. A tar has whole seconds. */
  void SetTime(int directory, const char* name, const struct statx& stat) {
    const int64_t seconds =
        clamp_ ? std::min<int64_t>(stat.stx_mtime.tv_sec, *clamp_) : stat.stx_mtime.tv_sec;
    const timespec times[2] = {{0, UTIME_OMIT}, {static_cast<time_t>(seconds), 0}};
    if (name == nullptr) {
      Check(::futimens(directory, times), "futimens");
    } else if (seconds != stat.stx_mtime.tv_sec || stat.stx_mtime.tv_nsec != 0) {
      Check(::utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW), "utimensat", name);
    }
  }

  const UniqueFd top_;
  const std::set<std::string> exclude_;
  const std::optional<int64_t> clamp_;
  std::vector<std::string> pending_;
};

}  // namespace

void SettleUpper(const std::string& upper, const std::set<std::string>& exclude,
                 std::optional<int64_t> clamp) {
  UniqueFd top(Check(::open(upper.c_str(), kOpenDirectory), "open", upper));
  Settler(std::move(top), exclude, clamp).Run();
}

}  // namespace slipway

#include <errno.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <termios.h>

#include <string>

#include "in_root.h"
#include "operations.h"
#include "sys.h"

namespace slipway {

namespace {

/** The multiplexer of the container's own devpts, and not of anything a container may have put in its place.
 */
int openMaster(UniqueFd& master) {
  master.reset(::open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master) return errno;
  struct statfs fs;
  if (::fstatfs(master.get(), &fs) < 0) return errno;
  return fs.f_type == DEVPTS_SUPER_MAGIC ? 0 : ENOTTY;
}

int bindConsole(Child& child, int number) {
  const std::string slave = "/dev/pts/" + std::to_string(number);
  UniqueFd tree(sys::openTree(AT_FDCWD, slave.c_str(), OPEN_TREE_CLONE));
  if (!tree) return errno;
  UniqueFd place;
  if (const int error = makeInRoot(child, "/dev/console", false, place)) return error;
  return sys::errnoOf(sys::moveMount(tree.get(), place.get()));
}

}  // namespace

int op::terminal(Child& child, Reader& in) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(in.u32());
  size.ws_row = static_cast<unsigned short>(in.u32());
  const bool console = in.u8();
  if (!in.done()) return EINVAL;
  UniqueFd master;
  if (const int error = openMaster(master)) return error;
  int unlock = 0, number = 0;
  if (::ioctl(master.get(), TIOCSPTLCK, &unlock) < 0) return errno;
  if (::ioctl(master.get(), TIOCGPTN, &number) < 0) return errno;
  UniqueFd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return errno;
  if (::ioctl(master.get(), TIOCSWINSZ, &size) < 0) return errno;
  if (console) {
    if (const int error = bindConsole(child, number)) return error;
  }
  if (::ioctl(slave.get(), TIOCSCTTY, 0) < 0) return errno;
  for (int fd = 0; fd <= 2; fd++) {
    if (::dup2(slave.get(), fd) < 0) return errno;
  }
  child.terminal = true;
  return sendPacket(child.channel, Message::kTerminal, {}, master.get());
}

}  // namespace slipway

#include "program.h"

namespace slipway {

bool Reader::has(size_t size) {
  if (!bad_ && static_cast<size_t>(end_ - at_) >= size) return true;
  bad_ = true;
  return false;
}

uint64_t Reader::integer(int size) {
  if (!has(static_cast<size_t>(size))) return 0;
  uint64_t value = 0;
  for (int i = 0; i < size; i++) value |= static_cast<uint64_t>(at_[i]) << (8 * i);
  at_ += size;
  return value;
}

Bytes Reader::bytes() {
  const uint32_t size = u32();
  if (!has(size)) return {};
  const Bytes value{at_, size};
  at_ += size;
  return value;
}

const char* Reader::string() {
  const Bytes text = bytes();
  if (u8() != 0) bad_ = true;
  return bad_ ? "" : reinterpret_cast<const char*>(text.data);
}

StringList Reader::list() {
  StringList strings;
  // A string takes five bytes or more, so a forged count ends at the end of the buffer.
  for (uint32_t left = u32(); left > 0 && !bad_; left--) strings.push_back(string());
  return strings;
}

namespace {

HealthSetup readHealth(Reader& in) {
  HealthSetup health;
  health.program = in.bytes();
  health.intervalMs = in.u64();
  health.timeoutMs = in.u64();
  health.startPeriodMs = in.u64();
  health.startIntervalMs = in.u64();
  health.retries = in.u32();
  return health;
}

ShimSetup readShim(Reader& in) {
  ShimSetup shim;
  shim.socket = in.string();
  shim.exitFile = in.string();
  shim.log.path = in.string();
  shim.log.bytes = in.u64();
  shim.log.files = in.u32();
  shim.log.compressed = in.u8();
  shim.log.queue = in.u64();
  shim.log.attributes = in.string();
  const uint8_t flags = in.u8();
  shim.openStdin = flags & 1;
  shim.stdinOnce = flags & 2;
  shim.terminal = flags & 4;
  shim.stateFile = in.string();
  shim.restart = static_cast<Restart>(in.u8());
  shim.maxRestarts = in.u32();
  shim.health = readHealth(in);
  return shim;
}

}  // namespace

bool readProgram(const uint8_t* data, size_t size, Program& program) {
  Reader in(data, size);
  if (in.u32() != kProgramMagic) return false;
  program.cloneFlags = in.u64();
  program.joinPid = static_cast<pid_t>(in.u32());
  program.joinFlags = in.u64();
  for (uint32_t left = in.u32(); left > 0 && !in.bad(); left--) {
    NamespaceFile file;
    file.kind = in.u64();
    file.path = in.string();
    program.joinFiles.push_back(file);
  }
  program.cgroup2 = in.string();
  program.cgroupFiles = in.list();
  program.cgroupDirs = in.list();
  program.io = static_cast<IoKind>(in.u8());
  if (program.io == IoKind::kShim) program.shim = readShim(in);
  for (uint32_t left = in.u32(); left > 0 && !in.bad(); left--) {
    Operation operation;
    operation.code = in.u8();
    operation.operands = in.bytes();
    program.operations.push_back(operation);
  }
  return in.done();
}

}  // namespace slipway

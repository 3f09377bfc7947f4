#pragma once

// The program a launcher receives, as runtime/launch/encode.ts packs it: little endian, no padding.
//
//   u8 u32 u64        integers
//   string            u32 length, the bytes, one zero byte (so that it can be used in place)
//   bytes             u32 length, the bytes
//   list              u32 count, that many strings
//
//   program :=  u32 magic  setup  io  u32 count  operation*
//   setup   :=  u64 clone flags; u32 pid whose namespaces are joined, 0 for none; u64 which of them
//   (CLONE_NEW*);
//               u32 count, that many namespaces to join: u64 kind (CLONE_NEW*), string file;
//               string cgroup2 directory or ""; list of files "0" is written to; list of directories removed
//               at the end
//   io      :=  u8 kind (0 descriptors, 1 shim); for a shim: string socket, string exit file, string log or
//   "",
//               u64 log bytes per file or 0, u32 log files, u8 older ones compressed, u64 bytes
//               that may wait or 0, string attributes of entries (JSON) or "", u8 flags (1 open stdin, 2
//               stdin once, 4 terminal), string state file or
//               "", u8 restart policy (0 never, 1 on failure, 2 always), u32 how often at most or 0, health
//   health  :=  bytes of the program of a probe, which joins the container's first process, or none; u64 each
//               in milliseconds: interval, time-out, start period, interval in it; u32 failures that count
//   operation := u8 opcode, u32 length, operands: see operations.h

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "restart.h"

namespace slipway {

constexpr uint32_t kProgramMagic = 0x31574c53;  // "SLW1"
constexpr size_t kProgramLimit = 16u << 20;

struct Bytes {
  const uint8_t* data = nullptr;
  uint32_t size = 0;
};
using StringList = std::vector<const char*>;

/** Takes values off a buffer. Reading past its end makes bad() true and yields zeros and empty strings. */
class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  uint8_t u8() { return static_cast<uint8_t>(integer(1)); }
  uint32_t u32() { return static_cast<uint32_t>(integer(4)); }
  uint64_t u64() { return integer(8); }
  Bytes bytes();
  const char* string();
  StringList list();
  /** True once everything asked for was there and nothing is left. */
  bool done() const { return !bad_ && at_ == end_; }
  bool bad() const { return bad_; }

 private:
  uint64_t integer(int size);
  bool has(size_t size);

  const uint8_t* at_;
  const uint8_t* end_;
  bool bad_ = false;
};

enum class IoKind : uint8_t { kDescriptors = 0, kShim = 1 };

struct NamespaceFile {
  uint64_t kind = 0;
  std::string path;
};

struct HealthSetup {
  /** None when there is no health check. */
  Bytes program;
  uint64_t intervalMs = 0;
  uint64_t timeoutMs = 0;
  uint64_t startPeriodMs = 0;
  uint64_t startIntervalMs = 0;
  uint32_t retries = 0;
};

struct LogSetup {
  /** "" for none. */
  const char* path = "";
  /** A file that has reached them gives way to a new one; 0 for no limit. */
  uint64_t bytes = 0;
  /** In all. */
  uint32_t files = 1;
  bool compressed = false;
  /** Bytes of entries that may wait to be written, 0 where the output waits for them. */
  uint64_t queue = 0;
  /** A JSON object that every entry gets, or "". */
  const char* attributes = "";
};

struct ShimSetup {
  const char* socket = "";
  const char* exitFile = "";
  LogSetup log;
  bool openStdin = false;
  bool stdinOnce = false;
  bool terminal = false;
  const char* stateFile = "";
  Restart restart = Restart::kNever;
  uint32_t maxRestarts = 0;
  HealthSetup health;
};

struct Operation {
  uint8_t code = 0;
  Bytes operands;
};

struct Program {
  uint64_t cloneFlags = 0;
  pid_t joinPid = 0;
  uint64_t joinFlags = 0;
  std::vector<NamespaceFile> joinFiles;
  const char* cgroup2 = "";
  StringList cgroupFiles;
  StringList cgroupDirs;
  IoKind io = IoKind::kDescriptors;
  ShimSetup shim;
  std::vector<Operation> operations;
};

/** False when `data` is not a whole program. The program points into `data`. */
bool readProgram(const uint8_t* data, size_t size, Program& program);

}  // namespace slipway

#pragma once

// The launch protocol. Frames on the control socket: u8 type, u32 length (little endian), payload.
//
//   runtime                                 launcher
//   program { see program.h }         -->
//                                     <--   need-id-map { u32 pid }            only with a new user namespace
//   id-map-written                    -->
//                                     <--   cloned { u32 pid, u32 launcher's } it has its namespaces
//                                     <--   created { u8 parent, path }        a mount point made in the root
//                                     filesystem; any number
//                                     <--   warning { u32 index, u32 errno }   an operation the host refused
//                                     and the launch can do without
//                                     <--   ready { u32 pid, u32 launcher's }  parked
//   go                                -->
//                                     <--   started                            it has become the program
//   signal { u32 number }             -->                                      any time after ready
//                                     <--   exited { u8 how, u32 value, u8 oom }   how: 0 exit code, 1 signal
//
//   failed { u32 index, u32 errno, u8 stage } ends it at any time before `started`; index 0xffffffff stands
//   for what comes before the operations (stage: Stage). Closing the socket before `started` ends the
//   container; after that it ends only one whose descriptors were passed.
//
// The child speaks the same messages to its launcher over a SOCK_SEQPACKET pair (a packet is a frame without
// its length), which closes itself at exec.

#include <stddef.h>
#include <stdint.h>

#include "../src/unique_fd.h"

namespace slipway {

enum class Message : uint8_t {
  // runtime → launcher
  kProgram = 1,
  kGo = 2,
  kIdMapWritten = 3,
  kSignal = 4,
  // launcher → runtime
  kNeedIdMap = 64,
  kCreated = 65,
  kWarning = 66,
  kReady = 67,
  kFailed = 68,
  kStarted = 69,
  kExited = 70,
  kCloned = 71,
  // child → launcher only: carries the terminal's master descriptor
  kTerminal = 96,
};

/** Where a failure outside the operations happened, or which part of an exec failed. */
enum class Stage : uint8_t {
  kNone = 0,
  kProgram = 1,
  kCgroup = 2,
  kNamespaces = 3,
  kShim = 4,
  kIdMap = 5,
  kNotInPath = 16,
  kLookup = 17,
  kExecve = 18,
};

constexpr uint32_t kNoOperation = 0xffffffff;
constexpr size_t kPacketLimit = 8192;

struct Failure {
  uint32_t index = kNoOperation;
  int error = 0;
  Stage stage = Stage::kNone;
};

/** A payload of a few integers and a string. */
class Payload {
 public:
  Payload& u8(uint8_t value);
  Payload& u32(uint32_t value);
  Payload& text(const char* value);
  const uint8_t* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  void add(const void* data, size_t size);
  uint8_t bytes_[kPacketLimit];
  size_t size_ = 0;
};

/** Sends one frame; 0 or an errno. */
int sendFrame(int socket, uint8_t type, const void* payload, size_t size);
inline int sendFrame(int socket, Message type, const Payload& payload = {}) {
  return sendFrame(socket, static_cast<uint8_t>(type), payload.data(), payload.size());
}

struct Packet {
  Message type;
  uint8_t payload[kPacketLimit];
  size_t size = 0;
  UniqueFd descriptor;
};
/** One packet of the child's channel, with a descriptor if `descriptor` is one; 0 or an errno. */
int sendPacket(int channel, Message type, const Payload& payload = {}, int descriptor = -1);
/** Waits for a packet; false when the other side is gone. */
bool receivePacket(int channel, Packet& packet);

}  // namespace slipway

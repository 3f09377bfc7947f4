#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "../src/unique_fd.h"
#include "program.h"

namespace slipway {

/** A connection to a shim's socket. Reads and writes never block; see runtime/launch/shim-protocol.ts for the
 * frames. */
class Client {
 public:
  /** What is kept for a client that does not read, in bytes, before it is dropped or, if it asked for that,
   * waited for. */
  static constexpr size_t kPendingLimit = 1 << 20;
  static constexpr size_t kFrameLimit = 64 * 1024;

  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}

  int socket() const { return socket_.get(); }
  bool gone() const { return gone_; }
  size_t pending() const { return out_.size() - sent_; }
  /** Its process's output must wait for it. */
  bool stalls() const { return lossless && pending() > kPendingLimit; }
  /** It asked for what a run tells, not only for something to be done. */
  bool follows() const { return waiting || input || streams[0] || streams[1]; }

  void send(uint8_t type, const void* payload, size_t size);
  /** Writes what is pending as far as the socket takes it. */
  void flush();
  /** Reads what is there. */
  void receive();
  /** Takes the next whole frame off what was received; its payload is valid until the next call. */
  bool next(uint8_t& type, Bytes& payload);
  void drop() { gone_ = true; }
  /**
   * Nothing more is sent. It is gone once it closed its side: closed here, what it has not read yet would be
   * lost to a client that still writes.
   */
  void finish();

  bool streams[2] = {false, false};
  bool input = false;
  bool waiting = false;
  bool lossless = false;

 private:
  UniqueFd socket_;
  std::string in_;
  size_t parsed_ = 0;
  std::string out_;
  size_t sent_ = 0;
  bool gone_ = false;
  bool closing_ = false;
};

}  // namespace slipway

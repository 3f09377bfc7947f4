#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "../src/unique_fd.h"
#include "dns_message.h"
#include "name_table.h"

namespace slipway {

/**
 * The name server of a container, at 127.0.0.11 inside its network namespace: names of containers from files
 * (name_table.h), everything else from the resolvers of the host or the container's own. Nothing here waits;
 * the owner polls what addTo() appends until due(), then calls handle().
 */
class Resolver {
 public:
  explicit Resolver(const std::string& settings) : names_(settings) {}

  /** Listens in the network namespace of `pid`, at `port` or, for 0, wherever there is room; 0 or an errno.
   */
  int open(pid_t pid, uint16_t port);
  uint16_t udpPort() const { return udpPort_; }
  uint16_t tcpPort() const { return tcpPort_; }

  /** When it has something to do by itself, in monotonic milliseconds; -1 for never. */
  int64_t due() const;
  void addTo(std::vector<pollfd>& polled);
  void handle(const pollfd* polled);

 private:
  /** A connection of a client; one question of it is answered after the other. */
  struct Stream {
    UniqueFd socket;
    uint64_t number = 0;
    std::string in;
    std::string out;
    bool asking = false;
    int64_t deadline = 0;
  };
  /** A question that was passed on. */
  struct Forward {
    UniqueFd socket;
    std::string query;
    size_t end = 0;
    uint16_t clientId = 0;
    sockaddr_in client{};
    /** The stream that asked; 0 for a datagram. */
    uint64_t stream = 0;
    /** Of a stream: what is still to be sent, and what came. */
    std::string out;
    std::string in;
    size_t attempt = 0;
    int64_t deadline = 0;
  };

  int listen(uint16_t port);
  void receiveDatagrams();
  void accept();
  void serve(Stream& stream, short events);
  /** The answer, or "" when there is none or it will come later. */
  std::string ask(std::string_view query, const sockaddr_in* client, uint64_t stream);
  std::string answerHere(std::string_view query, const dns::Question& question, size_t limit);
  bool pass(std::string_view query, const dns::Question& question, const sockaddr_in* client,
            uint64_t stream);
  /** Asks the next forwarder; false when there is none left. */
  bool attempt(Forward& forward);
  int socketFor(const Forwarder& forwarder, int type, UniqueFd& socket) const;
  void progress(Forward& forward, short events);
  void progressStream(Forward& forward, short events);
  void give(Forward& forward, std::string answer);
  void retry(Forward& forward);
  void reply(Stream& stream, const std::string& answer);
  static void flush(Stream& stream);
  void sweep();

  NameTable names_;
  UniqueFd inside_;
  UniqueFd udp_;
  UniqueFd tcp_;
  uint16_t udpPort_ = 0;
  uint16_t tcpPort_ = 0;
  uint64_t streamNumber_ = 0;
  size_t turn_ = 0;
  std::vector<Stream> streams_;
  std::vector<Forward> forwards_;
  size_t polledStreams_ = 0;
  size_t polledForwards_ = 0;
};

}  // namespace slipway

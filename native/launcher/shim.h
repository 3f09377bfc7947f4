#pragma once

#include <poll.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "../src/unique_fd.h"
#include "client.h"
#include "json_log.h"
#include "program.h"
#include "resolver.h"
#include "restart.h"
#include "state_file.h"

namespace slipway {

struct ExitRecord {
  bool signalled = false;
  /** Exit code or signal number. */
  int value = 0;
  bool outOfMemory = false;
  /** Somebody asked for the end. */
  bool stopped = false;
  /** Why it could not be started again. */
  std::string error;

  /** As a shell would report it. */
  int status() const { return signalled ? 128 + value : value; }
};

/** A detached container's keeper: its streams or terminal, its log, its clients, its exit record. */
class Shim {
 public:
  explicit Shim(const ShimSetup& setup)
      : setup_(setup), policy_(setup.restart, setup.maxRestarts), state_(setup.stateFile) {}

  /** Makes the socket, the log and the pipes; 0 or an errno. */
  int open();
  /** Makes the pipes of a further run; 0 or an errno. */
  int openAgain() { return openPipes(); }
  /** Descriptors for the child; childHasStdio() once it has them. */
  const int (&stdio() const)[3] { return stdio_; }
  void childHasStdio();
  void takeTerminal(UniqueFd master);
  void started(pid_t pid);

  /** Appends what to poll for until due() (monotonic milliseconds, -1 for ever); handle() is given the same
   * entries after the poll. */
  void addTo(std::vector<pollfd>& polled);
  int64_t due() const { return resolver_ ? resolver_->due() : -1; }
  void handle(const pollfd* polled, int pidfd);

  /** The process has ended: reads what it left in the pipes, and lets go of its streams. */
  void runEnded(const ExitRecord& record);
  /** It will be started again: tells the clients of this run, which ends for them. */
  void waiting(const ExitRecord& record);
  /** It will not: writes the exit record, takes no more clients. */
  void ended(const ExitRecord& record);
  /** Tells the clients. */
  void tell();
  /** The same, and waits until they know. */
  void close();

  RestartPolicy& policy() { return policy_; }
  StateFile& state() { return state_; }
  const HealthSetup* health() const { return setup_.health.program.size > 0 ? &setup_.health : nullptr; }
  /** How long the last run took so far, in milliseconds. */
  int64_t ranMs() const;

 private:
  int openPipes();
  void accept();
  void readOutput(int stream);
  void drain(int stream);
  void feed();
  void serve(Client& client, int pidfd);
  void act(Client& client, uint8_t type, Bytes payload, int pidfd);
  void signal(Client& client, Bytes payload, int pidfd);
  void setPolicy(Bytes payload);
  void serveNames(Client& client, Bytes payload);
  void attach(Client& client, Bytes payload);
  void resize(Bytes payload);
  void endInput(Client& client);
  void removeSocket();
  void sweep();
  bool stalled() const;
  void farewell();
  std::string exitJson(const ExitRecord& record) const;
  std::string stateJson() const;

  const ShimSetup setup_;
  RestartPolicy policy_;
  StateFile state_;
  UniqueFd listener_;
  JsonLog log_;
  /** In networks with names. */
  std::unique_ptr<Resolver> resolver_;
  UniqueFd childEnds_[3];
  int stdio_[3] = {-1, -1, -1};
  /** The read ends of stdout and stderr; with a terminal its master and nothing. */
  UniqueFd outputs_[2];
  UniqueFd input_;
  std::string inputPending_;
  bool inputEnding_ = false;
  std::vector<Client> clients_;
  size_t polledClients_ = 0;
  pid_t pid_ = 0;
  std::string startedAt_;
  int64_t startedMs_ = 0;
  /** The exit record once there is one. */
  std::string exitJson_;
  bool socketRemoved_ = false;
  bool closing_ = false;
  uint16_t size_[2] = {0, 0};
};

}  // namespace slipway

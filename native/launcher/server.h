#pragma once

// A launcher that has started already, for who launches again and again: starting one (two executions, the
// second through a mount) takes longer than all it does then. It gets the descriptors 0 to 3 of one launch at
// a time over its socket, forks, and answers with the new launcher's pidfd. It ends with the other end of the
// socket.

namespace slipway {

/**
 * Returns in every process that is to perform a launch, whose descriptors are then in place and which is a
 * child of this one's parent; never in the process that was called.
 */
void serveLaunches(int socket);

}  // namespace slipway

#pragma once

namespace slipway {

/** The process is ending: the job stops, and nobody is told. */
struct Interrupted {};

/** Throws Interrupted once the process is ending. Jobs call it between steps, so that none delays an exit. */
void CheckInterrupted();

}  // namespace slipway

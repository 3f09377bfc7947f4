#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace slipway {

/** Gives an overlay upper directory what its layer says: excluded entries and sockets go, times become those
 * of the tar. */
void SettleUpper(const std::string& upper, const std::set<std::string>& exclude,
                 std::optional<int64_t> clamp);

}  // namespace slipway

#pragma once

#include <functional>
#include <string>

namespace slipway {

/**
 * Removes `name` in the directory `parent` with everything below it; links are not followed, other mounts not
 * entered (EXDEV). Nothing there is fine.
 */
void RemoveBelow(int parent, const std::string& name);

/** Empties the directory `fd`: RemoveBelow for each of its entries that `keep` does not want. */
void RemoveEntries(int fd, const std::function<bool(const char* name)>& keep);

}  // namespace slipway

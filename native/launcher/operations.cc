#include "operations.h"

#include <errno.h>
#include <stddef.h>

namespace slipway {

namespace {

constexpr size_t kTableSize = 32;

constexpr struct Table {
  Handler handlers[kTableSize] = {};
  constexpr Table() {
#define SLIPWAY_ROW(code, name, operands) handlers[code] = &op::name;
    SLIPWAY_OPERATIONS(SLIPWAY_ROW)
#undef SLIPWAY_ROW
  }
} kTable;

}  // namespace

int perform(Child& child, const Operation& operation) {
  if (operation.code >= kTableSize || !kTable.handlers[operation.code]) return EINVAL;
  Reader operands(operation.operands.data, operation.operands.size);
  return kTable.handlers[operation.code](child, operands);
}

void warn(const Child& child, int error) {
  sendPacket(child.channel, Message::kWarning, Payload().u32(child.index).u32(static_cast<uint32_t>(error)));
}

}  // namespace slipway

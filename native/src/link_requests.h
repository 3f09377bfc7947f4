#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rtnetlink.h"

namespace slipway {

using Mac = std::array<uint8_t, 6>;

constexpr uint16_t kAcknowledge = NLM_F_ACK;
constexpr uint16_t kCreate = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
constexpr uint16_t kReplace = NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;

Mac ParseMac(const std::string& text);
/** Locally administered (02), then Docker's 42, then chance. */
Mac RandomMac();

/** Of the network namespace of this thread. */
std::optional<uint32_t> IndexOf(const std::string& name);
/** Throws ENODEV. */
uint32_t RequireIndex(const std::string& name);

Request LinkUp(uint32_t index, std::string_view name);
/** `cidr`: "10.0.0.1/8", "fd00::1/64". */
Request NewAddress(uint32_t index, const std::string& cidr);
Request DefaultRoute(uint32_t index, const std::string& gateway);

}  // namespace slipway

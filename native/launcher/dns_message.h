#pragma once

// Messages of the Domain Name System: RFC 1035, RFC 6891 (EDNS). What comes in is anybody's.

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <string_view>
#include <vector>

namespace slipway::dns {

constexpr size_t kHeader = 12;
constexpr size_t kMessageLimit = 65535;
/** What a client that says nothing takes in a datagram. */
constexpr size_t kPlainLimit = 512;

enum Type : uint16_t { kA = 1, kPtr = 12, kAaaa = 28, kOpt = 41 };
enum Code : uint8_t { kNoError = 0, kFormatError = 1, kServerFailure = 2, kNotImplemented = 4 };

struct Question {
  /** In small letters, labels with dots between, no dot at the end. */
  std::string name;
  uint16_t type = 0;
  uint16_t klass = 0;
  /** Where it ends in the message. */
  size_t end = 0;
  /** The client speaks EDNS and takes datagrams of `limit` bytes. */
  bool extended = false;
  size_t limit = kPlainLimit;
};

enum class Parsed { kQuestion, kFormatError, kNotImplemented, kNothing };

/** Reads a query of one question. kNothing: not even worth an answer. */
Parsed parseQuery(std::string_view message, Question& question);

uint16_t idOf(std::string_view message);
void setId(std::string& message, uint16_t id);

/** Whether `answer` belongs to `query`, whose question ends at `end`. */
bool answers(std::string_view answer, std::string_view query, size_t end);

/** An answer without records. */
std::string failure(std::string_view query, const Question* question, Code code);

/**
 * An answer of this server's own: of the addresses (4 or 16 bytes in network order) those of its family for
 * an A or AAAA, a name for a PTR, nothing for any other type. Cut to `limit` bytes, which it then says.
 */
std::string addressAnswer(std::string_view query, const Question& question,
                          const std::vector<std::string>& addresses, size_t limit);
std::string nameAnswer(std::string_view query, const Question& question, const std::string& name);

/** The address that a name below in-addr.arpa or ip6.arpa stands for, in network order; "" when it is none.
 */
std::string reverseAddress(std::string_view name);

}  // namespace slipway::dns

#include "dns_message.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include <algorithm>

namespace slipway::dns {

namespace {

constexpr size_t kNameLimit = 255;
constexpr uint16_t kInternet = 1;
constexpr uint32_t kSecondsToLive = 600;
/** As much as fits a datagram on any link. */
constexpr uint16_t kOurLimit = 1232;
/** In the header's third and fourth byte. */
constexpr uint8_t kResponse = 0x80, kOpcode = 0x78, kTruncated = 0x02, kRecursionDesired = 0x01;
constexpr uint8_t kRecursionAvailable = 0x80;

uint8_t byteAt(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }
uint16_t u16At(std::string_view text, size_t at) {
  return static_cast<uint16_t>(byteAt(text, at) << 8 | byteAt(text, at + 1));
}
void put16(std::string& text, uint16_t value) {
  text += static_cast<char>(value >> 8);
  text += static_cast<char>(value);
}
void put32(std::string& text, uint32_t value) {
  put16(text, static_cast<uint16_t>(value >> 16));
  put16(text, static_cast<uint16_t>(value));
}

/** A name as a question has it, which is not compressed; false when it is malformed. */
bool readName(std::string_view message, size_t& at, std::string& name) {
  const size_t start = at;
  while (at < message.size()) {
    const uint8_t size = byteAt(message, at++);
    if (size == 0) return true;
    if (size > 63 || at + size > message.size() || at + size - start > kNameLimit) return false;
    if (!name.empty()) name += '.';
    for (size_t end = at + size; at < end; at++)
      name += static_cast<char>(tolower(static_cast<unsigned char>(message[at])));
  }
  return false;
}

/** The OPT record of a query that has no other one. */
void readExtension(std::string_view message, Question& question) {
  const size_t at = question.end;
  const bool alone = u16At(message, 6) == 0 && u16At(message, 8) == 0 && u16At(message, 10) == 1;
  if (!alone || at + 11 > message.size() || message[at] != 0 || u16At(message, at + 1) != kOpt) return;
  question.extended = true;
  question.limit = std::clamp<size_t>(u16At(message, at + 3), kPlainLimit, kOurLimit);
}

std::string header(std::string_view query, uint8_t code, uint16_t questions) {
  std::string answer(query.substr(0, 2));
  answer += static_cast<char>(kResponse | (byteAt(query, 2) & (kOpcode | kRecursionDesired)));
  answer += static_cast<char>(kRecursionAvailable | code);
  put16(answer, questions);
  for (int count = 0; count < 3; count++) put16(answer, 0);
  return answer;
}

std::string begin(std::string_view query, const Question& question, uint8_t code) {
  std::string answer = header(query, code, 1);
  answer += query.substr(kHeader, question.end - kHeader);
  return answer;
}

void setCount(std::string& answer, size_t field, uint16_t count) {
  answer[field] = static_cast<char>(count >> 8);
  answer[field + 1] = static_cast<char>(count);
}

/** A record whose name is the question's. */
void putRecord(std::string& answer, uint16_t type, std::string_view data) {
  put16(answer, 0xc000 | kHeader);
  put16(answer, type);
  put16(answer, kInternet);
  put32(answer, kSecondsToLive);
  put16(answer, static_cast<uint16_t>(data.size()));
  answer += data;
}

void putExtension(std::string& answer, const Question& question) {
  if (!question.extended) return;
  answer += '\0';
  put16(answer, kOpt);
  put16(answer, kOurLimit);
  put32(answer, 0);
  put16(answer, 0);
  setCount(answer, 10, 1);
}

size_t sizeOfAddress(uint16_t type) {
  if (type == kA) return sizeof(in_addr);
  return type == kAaaa ? sizeof(in6_addr) : 0;
}

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

/** "1.0.f.…": the 32 hexadecimal digits of an IPv6 address, the last one first; RFC 3596. */
std::string reverseNibbles(std::string_view text) {
  constexpr size_t kDigits = 2 * sizeof(in6_addr);
  if (text.size() != 2 * kDigits - 1) return "";
  std::string address(sizeof(in6_addr), '\0');
  for (size_t i = 0; i < kDigits; i++) {
    const char digit = text[2 * i];
    if (!isxdigit(static_cast<unsigned char>(digit)) || (i + 1 < kDigits && text[2 * i + 1] != '.'))
      return "";
    const int value = digit <= '9' ? digit - '0' : tolower(static_cast<unsigned char>(digit)) - 'a' + 10;
    char& byte = address[(kDigits - 1 - i) / 2];
    byte = static_cast<char>(byte | (i % 2 == 0 ? value : value << 4));
  }
  return address;
}

}  // namespace

Parsed parseQuery(std::string_view message, Question& question) {
  if (message.size() < kHeader || byteAt(message, 2) & kResponse) return Parsed::kNothing;
  if (byteAt(message, 2) & kOpcode) return Parsed::kNotImplemented;
  size_t at = kHeader;
  if (u16At(message, 4) != 1 || !readName(message, at, question.name) || at + 4 > message.size())
    return Parsed::kFormatError;
  question.type = u16At(message, at);
  question.klass = u16At(message, at + 2);
  question.end = at + 4;
  readExtension(message, question);
  return Parsed::kQuestion;
}

uint16_t idOf(std::string_view message) { return u16At(message, 0); }

void setId(std::string& message, uint16_t id) { setCount(message, 0, id); }

bool answers(std::string_view answer, std::string_view query, size_t end) {
  return answer.size() >= end && byteAt(answer, 2) & kResponse && idOf(answer) == idOf(query) &&
         u16At(answer, 4) == 1 &&
         answer.substr(kHeader, end - kHeader) == query.substr(kHeader, end - kHeader);
}

std::string failure(std::string_view query, const Question* question, Code code) {
  if (!question) return header(query, code, 0);
  std::string answer = begin(query, *question, code);
  putExtension(answer, *question);
  return answer;
}

std::string addressAnswer(std::string_view query, const Question& question,
                          const std::vector<std::string>& addresses, size_t limit) {
  constexpr size_t kRecord = 12, kExtension = 11;
  const size_t size = sizeOfAddress(question.type);
  std::string answer = begin(query, question, kNoError);
  const size_t room = limit - answer.size() - (question.extended ? kExtension : 0);
  const size_t most = std::min(room / (kRecord + size), size_t{UINT16_MAX});
  size_t taken = 0;
  for (const std::string& address : addresses) {
    if (address.size() != size) continue;
    if (taken == most) {
      answer[2] = static_cast<char>(byteAt(answer, 2) | kTruncated);
      break;
    }
    putRecord(answer, question.type, address);
    taken++;
  }
  setCount(answer, 6, static_cast<uint16_t>(taken));
  putExtension(answer, question);
  return answer;
}

std::string nameAnswer(std::string_view query, const Question& question, const std::string& name) {
  std::string data;
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find('.', at), name.size());
    data += static_cast<char>(std::min<size_t>(end - at, 63));
    data += name.substr(at, std::min<size_t>(end - at, 63));
    at = end + 1;
  }
  data += '\0';
  std::string answer = begin(query, question, kNoError);
  if (data.size() <= kNameLimit) {
    putRecord(answer, kPtr, data);
    setCount(answer, 6, 1);
  }
  putExtension(answer, question);
  return answer;
}

std::string reverseAddress(std::string_view name) {
  constexpr std::string_view kInet = ".in-addr.arpa", kInet6 = ".ip6.arpa";
  if (endsWith(name, kInet6)) return reverseNibbles(name.substr(0, name.size() - kInet6.size()));
  if (!endsWith(name, kInet)) return "";
  const std::string text(name.substr(0, name.size() - kInet.size()));
  in_addr parsed;
  if (::inet_pton(AF_INET, text.c_str(), &parsed) != 1) return "";
  const uint32_t address = __builtin_bswap32(parsed.s_addr);
  return {reinterpret_cast<const char*>(&address), sizeof address};
}

}  // namespace slipway::dns

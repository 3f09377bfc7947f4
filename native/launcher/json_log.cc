#include "json_log.h"

#include <string.h>

#include <algorithm>

#include "clock.h"

namespace slipway {

namespace {

constexpr size_t kFlushSize = 256 * 1024;
constexpr const char* kStreams[2] = {"stdout", "stderr"};

bool plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void appendEscaped(std::string& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else {
    out += "\\u00";
    out += kHex[c >> 4];
    out += kHex[c & 15];
  }
}

/** Length of the UTF-8 sequence at `at`, 0 when it is none (RFC 3629: no overlong forms, no surrogates, up to
 * U+10FFFF). */
size_t sequenceLength(const unsigned char* at, size_t left) {
  const unsigned char first = at[0];
  const size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                        : first >= 0xe0 && first <= 0xef ? 3
                        : first >= 0xf0 && first <= 0xf4 ? 4
                                                         : 0;
  if (length == 0 || left < length) return 0;
  const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (at[1] < low || at[1] > high) return 0;
  for (size_t i = 2; i < length; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

void appendJson(std::string& out, const char* data, size_t size) {
  auto at = reinterpret_cast<const unsigned char*>(data);
  const unsigned char* end = at + size;
  while (at < end) {
    const unsigned char* from = at;
    while (at < end && plain(*at)) at++;
    out.append(reinterpret_cast<const char*>(from), static_cast<size_t>(at - from));
    if (at == end) return;
    if (*at < 0x80) {
      appendEscaped(out, *at++);
      continue;
    }
    const size_t length = sequenceLength(at, static_cast<size_t>(end - at));
    const bool separator = length == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8;
    if (length == 0) {
      out += "\\ufffd";
    } else if (separator) {
      out += at[2] == 0xa8 ? "\\u2028" : "\\u2029";
    } else {
      out.append(reinterpret_cast<const char*>(at), length);
    }
    at += length == 0 ? 1 : length;
  }
}

int JsonLog::open(const LogSetup& setup) {
  if (*setup.attributes) attributes_ = std::string(",\"attrs\":") + setup.attributes;
  if (const int error = file_.open(setup)) return error;
  return setup.queue > 0 ? queue_.open(file_, setup.queue) : 0;
}

void JsonLog::append(int stream, const char* data, size_t size) {
  if (!keeps()) return;
  std::string& held = lines_[stream].text;
  while (size > 0) {
    const size_t room = std::min(size, kLineLimit - held.size());
    const auto newline = static_cast<const char*>(memchr(data, '\n', room));
    const size_t taken = newline ? static_cast<size_t>(newline - data) + 1 : room;
    const bool full = !newline && held.size() + taken == kLineLimit;
    if (held.empty() && (newline || full)) {
      entry(stream, data, taken, newline);
    } else {
      held.append(data, taken);
      if (newline || full) {
        entry(stream, held.data(), held.size(), newline);
        held.clear();
      }
    }
    data += taken;
    size -= taken;
  }
  flush();
}

void JsonLog::entry(int stream, const char* data, size_t size, bool last) {
  if (!queue_ && file_.full(out_.size())) {
    flush();
    file_.rotate();
  }
  std::string& first = lines_[stream].time;
  const std::string time = first.empty() ? timestamp() : first;
  if (last) {
    first.clear();
  } else {
    first = time;
  }
  out_ += "{\"log\":\"";
  appendJson(out_, data, size);
  out_ += "\",\"stream\":\"";
  out_ += kStreams[stream];
  out_ += '"' + attributes_ + ",\"time\":\"" + time + "\"}\n";
  // Each entry is kept or lost for itself.
  if (queue_ || out_.size() >= kFlushSize) flush();
}

void JsonLog::flush() {
  if (!out_.empty()) {
    if (queue_) {
      queue_.add(out_);
    } else {
      file_.write(out_.data(), out_.size());
    }
  }
  out_.clear();
}

void JsonLog::close() {
  queue_.close();
  file_.close();
}

void JsonLog::finish() {
  if (!keeps()) return;
  for (int stream = 0; stream < 2; stream++) {
    std::string& held = lines_[stream].text;
    if (!held.empty()) entry(stream, held.data(), held.size(), true);
    held.clear();
  }
  flush();
}

}  // namespace slipway

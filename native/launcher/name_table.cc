#include "name_table.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "../src/unique_fd.h"
#include "sys.h"

namespace slipway {

namespace {

/** Some ten thousand names. */
constexpr off_t kFileLimit = 1 << 20;

std::string_view takeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view takeWord(std::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool sameFile(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/** Its bytes in network order; "" when it is no address. */
std::string addressOf(const std::string& text) {
  const bool six = text.find(':') != std::string::npos;
  std::string bytes(six ? sizeof(in6_addr) : sizeof(in_addr), '\0');
  return ::inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) == 1 ? bytes : "";
}

}  // namespace

bool WatchedFile::read(std::string& text) {
  struct stat now {};
  const bool there = ::stat(path_.c_str(), &now) == 0;
  if (!there) now = {};
  if (known_ && sameFile(now, seen_)) return false;
  text.clear();
  UniqueFd file(there ? ::open(path_.c_str(), O_RDONLY | O_CLOEXEC) : -1);
  if (file && ::fstat(file.get(), &now) == 0 && now.st_size <= kFileLimit) {
    text.resize(static_cast<size_t>(now.st_size));
    if (sys::readAll(file.get(), text.data(), text.size()) != 0) text.clear();
  }
  seen_ = now;
  known_ = true;
  return true;
}

void NameTable::refresh() {
  std::string text;
  if (file_.read(text)) readSettings(text);
  for (Network& network : networks_) {
    if (network.file.read(text)) readNetwork(text, network);
  }
}

void NameTable::readSettings(std::string_view text) {
  forwarders_.clear();
  networks_.clear();
  links_.clear();
  while (!text.empty()) {
    std::string_view line = takeLine(text);
    const std::string_view kind = takeWord(line);
    if (kind == "containers") containers_ = line;
    if (kind == "network") networks_.push_back({WatchedFile(std::string(line)), "", {}});
    if (kind == "forward") {
      const bool inside = takeWord(line) == "container";
      forwarders_.push_back({std::string(line), inside});
    }
    if (kind == "link") {
      const std::string alias(takeWord(line));
      links_.push_back({alias, std::string(line)});
    }
  }
}

void NameTable::readNetwork(std::string_view text, Network& network) {
  network.entries.clear();
  std::string_view first = takeLine(text);
  takeWord(first);
  network.name = first;
  while (!text.empty()) {
    std::string_view line = takeLine(text);
    const std::string address = addressOf(std::string(takeWord(line)));
    if (address.empty()) continue;
    Entry entry{address, std::string(takeWord(line)), {}};
    while (!line.empty()) entry.names.emplace_back(takeWord(line));
    network.entries.push_back(std::move(entry));
  }
}

/** A container ends without a word; its exit record tells. */
bool NameTable::lives(const Entry& entry) const {
  return ::access((containers_ + "/" + entry.container + "/exit").c_str(), F_OK) != 0;
}

/** "name" or "name.network". */
bool NameTable::matches(const Network& network, const Entry& entry, std::string_view name) const {
  const auto known = [&](std::string_view one) {
    return std::find(entry.names.begin(), entry.names.end(), one) != entry.names.end();
  };
  if (known(name)) return true;
  const size_t rest = network.name.size() + 1;
  return name.size() > rest && name[name.size() - rest] == '.' &&
         name.substr(name.size() - rest + 1) == network.name && known(name.substr(0, name.size() - rest));
}

std::vector<std::string> NameTable::addresses(const std::string& name) const {
  const auto link =
      std::find_if(links_.begin(), links_.end(), [&](const Link& each) { return each.alias == name; });
  const std::string& wanted = link == links_.end() ? name : link->name;
  std::vector<std::string> found;
  for (const Network& network : networks_) {
    for (const Entry& entry : network.entries) {
      if (matches(network, entry, wanted) && lives(entry)) found.push_back(entry.address);
    }
  }
  return found;
}

std::string NameTable::nameOf(const std::string& address) const {
  for (const Network& network : networks_) {
    for (const Entry& entry : network.entries) {
      if (entry.address == address && !entry.names.empty() && lives(entry))
        return entry.names[0] + "." + network.name;
    }
  }
  return "";
}

}  // namespace slipway

#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/** A text file that others replace; read again when it is another one. */
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  /** True when there is something new; `text` is then the whole of it, "" where there is no file. */
  bool read(std::string& text);

 private:
  std::string path_;
  struct stat seen_ {};
  bool known_ = false;
};

/** Where questions go that nobody here can answer. */
struct Forwarder {
  std::string address;
  /** It is asked from inside the container's network. */
  bool inside = false;
};

/**
 * What a container's resolver knows. Lines of the file it is told, as runtime/network/resolver-files.ts
 * writes it:
 *
 *   containers <directory>              that of all containers; one that has left its "exit" there is gone
 *   forward host|container <address>    in the order they are asked
 *   network <file>                      the names of a network
 *   link <alias> <name>                 a name that this container alone uses
 *
 * and of the file of a network, whose first name is the container's own:
 *
 *   network <name>
 *   <address> <container id> <name>...   one line for each of a container's addresses
 */
class NameTable {
 public:
  explicit NameTable(const std::string& path) : file_(path) {}

  /** Reads what has changed. */
  void refresh();
  /** Addresses of both families, as 4 or 16 bytes in network order; empty when nobody here has that name. */
  std::vector<std::string> addresses(const std::string& name) const;
  /** "container.network", "" when nobody here has that address. */
  std::string nameOf(const std::string& address) const;
  const std::vector<Forwarder>& forwarders() const { return forwarders_; }

 private:
  struct Entry {
    std::string address;
    std::string container;
    std::vector<std::string> names;
  };
  struct Network {
    WatchedFile file;
    std::string name;
    std::vector<Entry> entries;
  };
  struct Link {
    std::string alias;
    std::string name;
  };

  void readSettings(std::string_view text);
  static void readNetwork(std::string_view text, Network& network);
  bool lives(const Entry& entry) const;
  bool matches(const Network& network, const Entry& entry, std::string_view name) const;

  WatchedFile file_;
  std::string containers_;
  std::vector<Forwarder> forwarders_;
  std::vector<Network> networks_;
  std::vector<Link> links_;
};

}  // namespace slipway

// Options of the measuring programs: --NAME for a switch, --NAME WORD for the others, in any order.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/number.h"

namespace tacho::bench {

class Options {
 public:
  // `known`: each option's name with its default; one whose default is "" is a switch.
  static Result<Options> parse(int argc, char** argv, std::map<std::string, std::string> known) {
    Options out;
    out.words_ = known;
    for (int i = 1; i < argc; ++i) {
      const std::string name = std::string_view(argv[i]).starts_with("--") ? argv[i] + 2 : "";
      const auto option = known.find(name);
      if (option == known.end()) return failure("'{}' is not understood; there are{}", argv[i], list(known));
      if (option->second.empty()) {
        out.words_[name] = "yes";
      } else if (++i < argc) {
        out.words_[name] = argv[i];
      } else {
        return failure("--{} needs a value (as {})", name, option->second);
      }
    }
    return out;
  }

  bool on(const std::string& name) const { return !words_.at(name).empty(); }
  const std::string& text(const std::string& name) const { return words_.at(name); }
  Result<std::size_t> number(const std::string& name) const {
    const auto n = parse_int(text(name));
    if (!n || *n <= 0) return failure("--{} needs a whole number above 0, not '{}'", name, text(name));
    return static_cast<std::size_t>(*n);
  }

 private:
  static std::string list(const std::map<std::string, std::string>& known) {
    std::string out;
    for (const auto& [name, value] : known) out += " --" + name + (value.empty() ? "" : " " + value);
    return out;
  }

  std::map<std::string, std::string> words_;
};

}  // namespace tacho::bench

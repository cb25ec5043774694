#include "sampler/identity/label_names.h"

#include <map>

namespace tacho::sampler {
namespace {

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string sanitised(std::string_view key, bool snake_case) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    if (!is_capital(c)) {
      out += is_small(c) ? c : '_';
      continue;
    }
    if (snake_case && i > 0 && is_small(key[i - 1])) out += '_';
    out += snake_case ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::vector<std::string> label_names(std::string_view prefix, const std::vector<std::string_view>& keys, bool snake_case) {
  std::vector<std::string> out;
  std::map<std::string, int> uses;
  for (const std::string_view key : keys) {
    out.push_back(std::string(prefix) + "_" + sanitised(key, snake_case));
    ++uses[out.back()];
  }
  std::map<std::string, int> numbered;
  for (std::string& name : out) {
    if (uses[name] > 1) name += "_conflict" + std::to_string(++numbered[name]);
  }
  return out;
}

}  // namespace tacho::sampler

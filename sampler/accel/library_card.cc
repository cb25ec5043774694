#include "sampler/accel/library_card.h"

#include <algorithm>

namespace tacho::sampler {

std::string clean_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out.erase(0, std::min(out.size(), out.find_first_not_of(' ')));
  return out;
}

}  // namespace tacho::sampler

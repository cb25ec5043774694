#include "tools/top/row.h"

namespace tacho::tools {

std::string TopRow::title() const {
  std::string out = name.empty() ? device : name;
  if (!out.empty()) out += ' ';
  out += line->title;
  return which.empty() ? out : out + " " + which;
}

TopRowId id_of(const TopRow& row) {
  return {std::string(row.line->section), std::string(row.line->title) + (row.which.empty() ? "" : " " + row.which), row.device};
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto run = [&](std::string_view& s) {
    std::size_t n = 0;
    while (n < s.size() && digit(s[n])) ++n;
    std::string_view d = s.substr(0, n);
    s.remove_prefix(n);
    while (d.size() > 1 && d.front() == '0') d.remove_prefix(1);
    return d;
  };
  std::string_view x = a, y = b;
  while (!x.empty() && !y.empty()) {
    if (digit(x.front()) && digit(y.front())) {
      const std::string_view i = run(x), j = run(y);
      if (i != j) return i.size() != j.size() ? i.size() < j.size() : i < j;
    } else {
      if (x.front() != y.front()) return x.front() < y.front();
      x.remove_prefix(1);
      y.remove_prefix(1);
    }
  }
  return x.empty() != y.empty() ? x.empty() : a < b;
}

}  // namespace tacho::tools

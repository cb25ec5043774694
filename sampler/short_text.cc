#include "sampler/short_text.h"

#include <charconv>

#include "proto/base/file.h"
#include "proto/base/utf8.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {

std::optional<double> parse_short_number(std::string_view text, bool words_may_follow) {
  text = trimmed(text);
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  // No second sign, no "inf", no "nan": from_chars would take them.
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const bool at_end = end == text.data() + text.size();
  if (!at_end && !(words_may_follow && (is_space(*end) || *end == ':'))) return std::nullopt;
  return negative ? -value : value;
}

std::string label_text(const std::string& path) { return label_value(read_file(path).value_or("")); }

std::string label_value(std::string_view raw) {
  std::string_view rest = trimmed(raw);
  std::string out;
  while (!rest.empty()) {
    const std::size_t bytes = utf8_sequence_bytes(rest);
    if (bytes) out += rest.substr(0, bytes);
    // One mark for a run of bad bytes, as node_exporter has it.
    constexpr std::string_view kMark = "\xEF\xBF\xBD";
    if (!bytes && !out.ends_with(kMark)) out += kMark;
    rest.remove_prefix(bytes ? bytes : 1);
  }
  return out;
}

}  // namespace tacho::sampler

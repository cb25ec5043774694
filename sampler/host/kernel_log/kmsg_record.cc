#include "sampler/host/kernel_log/kmsg_record.h"

#include <charconv>

#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

template <class Number>
bool take_field(std::string_view& prefix, Number& value) {
  const std::string_view field = take_until(prefix, ',');
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc{} && end == field.data() + field.size() && !field.empty();
}

}  // namespace

std::optional<KmsgRecord> parse_kmsg_record(std::string_view bytes) {
  const std::string_view line = take_until(bytes, '\n');
  const std::size_t semicolon = line.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::string_view prefix = line.substr(0, semicolon);
  KmsgRecord record;
  unsigned priority = 0;
  if (!take_field(prefix, priority) || !take_field(prefix, record.sequence) || !take_field(prefix, record.time_us) ||
      record.time_us < 0)
    return std::nullopt;
  record.level = priority & 7;
  record.facility = priority >> 3;
  record.text = line.substr(semicolon + 1);
  return record;
}

}  // namespace tacho::sampler

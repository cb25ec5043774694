#include "sampler/accel/nvidia/links.h"

#include "sampler/accel/nvidia/values.h"
#include "sampler/cells.h"

namespace tacho::sampler {
namespace {

using nvml::Code;

constexpr nvml::U32 kLinksMax = 64;

struct LinkField {
  std::uint32_t field;
  std::string_view metric;
  std::string_view error = {};
  double factor = 1;
};

constexpr LinkField kFields[] = {
    {164, "accel_link_speed_bytes_per_second", "", 1e6},
    {160, "accel_link_errors_total", "ecc"},
    {161, "accel_link_errors_total", "replay"},
    {162, "accel_link_errors_total", "recovery"},
    {163, "accel_link_errors_total", "crc_flit"},
    // NVLink 5, which has none of the last three
    {215, "accel_link_errors_total", "recovery"},
    {219, "accel_link_errors_total", "effective"},
    {221, "accel_link_errors_total", "symbol"},
};

std::vector<Label> link_labels(const NvidiaCard& card, nvml::U32 link) {
  return card.labels_and({{"link", fmt::format("{}", link)}, {"type", "nvlink"}});
}

}  // namespace

void NvidiaLinks::probe(NvidiaCard& card) {
  links_.clear();
  asked_.clear();
  kinds_.clear();
  const nvml::Functions& f = card.functions();
  for (nvml::U32 link = 0; link < kLinksMax; ++link) {
    const auto state = card.ask<nvml::U32>(f.nvlink_state, link);
    const Code code = state ? Code::success : state.error();
    if (link == 0 && !supported("accel_link_up{type=\"nvlink\"}", code)) return;
    if (nvml::is_unsupported(code) || card.lost() != Code::success) break;
    links_.push_back({link});
    for (std::size_t kind = 0; kind < std::size(kFields); ++kind) {
      nvml::FieldValue value{.field = kFields[kind].field, .scope = link};
      Code answered = card.call(f.field_values, std::int32_t{1}, &value);
      if (answered == Code::success) answered = value.code;
      if (nvml::is_unsupported(answered)) continue;
      asked_.push_back(value);
      kinds_.push_back(kind);
    }
  }
}

void NvidiaLinks::describe(const NvidiaCard& card, SchemaBuilder& builder) {
  for (Link& link : links_) link.column = builder.add("accel_link_up", link_labels(card, link.number));
  columns_.clear();
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const LinkField& field = kFields[kinds_[i]];
    std::vector<Label> labels = link_labels(card, asked_[i].scope);
    if (!field.error.empty()) labels.push_back({"error", std::string(field.error)});
    columns_.push_back(builder.add(field.metric, std::move(labels)));
  }
}

Sampled NvidiaLinks::sample(NvidiaCard& card, Row& row) {
  const nvml::Functions& f = card.functions();
  for (const Link& link : links_) {
    if (const auto up = card.ask<nvml::U32>(f.nvlink_state, link.number)) put(row, link.column, *up == 1 ? 1.0 : 0.0);
  }
  if (asked_.empty()) return Sampled::ok;
  for (nvml::FieldValue& value : asked_) value.code = Code::no_data;
  if (card.call(f.field_values, static_cast<std::int32_t>(asked_.size()), asked_.data()) != Code::success) return Sampled::ok;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    card.heed(asked_[i].code);
    if (asked_[i].code != Code::success) continue;
    if (const auto number = number_of(asked_[i].type, asked_[i].value))
      put(row, columns_[i], *number * kFields[kinds_[i]].factor);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler

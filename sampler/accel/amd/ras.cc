#include "sampler/accel/amd/ras.h"

#include <algorithm>

#include "sampler/cells.h"
#include "sampler/short_text.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kErrors = "accel_ecc_errors_total";
constexpr std::string_view kKeys[] = {"ue", "ce", "de"};
constexpr std::string_view kSeverityNames[] = {"uncorrected", "corrected", "deferred"};

struct BlockName {
  std::string_view block;
  std::string_view location;
};
constexpr BlockName kBlocks[] = {{"umc", "dram"},      {"gfx", "gfx"}, {"sdma", "sdma"},     {"mmhub", "mmhub"},
                                 {"pcie_bif", "pcie"}, {"hdp", "hdp"}, {"xgmi_wafl", "xgmi"}};

std::vector<Label> labels_of(const AmdCard& card, std::size_t severity, std::string_view location) {
  return card.labels_and(
      {{"severity", std::string(kSeverityNames[severity])}, {"scope", "volatile"}, {"location", std::string(location)}});
}

AmdRas::Counts counts_in(KernelFile& file) {
  std::array<char, 128> buffer;
  std::string_view text;
  return file.read_short(buffer, text) == 0 ? ras_counts(text) : AmdRas::Counts{};
}

// "feature mask: 0x1f"
std::optional<double> memory_protected(KernelFile& file) {
  constexpr std::string_view kMask = "feature mask: 0x";
  std::array<char, 128> buffer;
  std::string_view text;
  if (file.read_short(buffer, text) != 0 || !text.starts_with(kMask)) return std::nullopt;
  text.remove_prefix(kMask.size());
  const auto mask = hex_u64(trimmed(take_until(text, '\n')));
  if (!mask) return std::nullopt;
  return static_cast<double>(*mask & 1);
}

// "0x00000001 : 0x00001000 : R": a page each.
std::optional<double> pages_in(KernelFile& file) {
  const auto text = file.read();
  if (!text) return std::nullopt;
  return static_cast<double>(std::count(text->begin(), text->end(), '\n'));
}

// Reading it is what takes the errors: only for a sum.
std::optional<double> link_errors_in(KernelFile& file) {
  std::array<char, 64> buffer;
  std::string_view text;
  return file.read_short(buffer, text) == 0 ? parse_short_number(text) : std::nullopt;
}

}  // namespace

AmdRas::Counts ras_counts(std::string_view text) {
  AmdRas::Counts counts;
  for (Lines lines(text); lines.next();) {
    std::string_view line = lines.line();
    const std::string_view key = take_until(line, ':');
    for (std::size_t i = 0; i < std::size(kKeys); ++i) {
      if (key == kKeys[i]) counts[i] = take_u64(line);
    }
  }
  return counts;
}

void AmdRas::describe(const AmdCard& card, SchemaBuilder& builder) {
  missing_.clear();
  describe_blocks(card, builder);
  features_.file.emplace(card.folder() + "ras/features");
  features_.column = memory_protected(*features_.file) ? builder.add("accel_ecc_enabled", card.labels()) : kNoColumn;
  bad_pages_.file.emplace(card.folder() + "ras/gpu_vram_bad_pages");
  bad_pages_.column = pages_in(*bad_pages_.file)
                          ? builder.add("accel_memory_retired_pages_total", card.labels_and({{"cause", "uncorrected"}}))
                          : kNoColumn;
  link_.file.emplace(card.folder() + "xgmi_error");
  const auto errors = link_errors_in(*link_.file);
  link_errors_ += errors.value_or(0);
  link_.column =
      errors ? builder.add("accel_link_errors_total", card.labels_and({{"type", "xgmi"}, {"error", "any"}})) : kNoColumn;
}

void AmdRas::describe_blocks(const AmdCard& card, SchemaBuilder& builder) {
  blocks_.clear();
  total_.fill(kNoColumn);
  for (const BlockName& name : kBlocks) {
    Block block{.file = KernelFile(fmt::format("{}ras/{}_err_count", card.folder(), name.block)), .columns = {}};
    const Counts counts = counts_in(block.file);
    for (std::size_t i = 0; i < kSeverities; ++i) {
      block.columns[i] = kNoColumn;
      if (!counts[i]) continue;
      if (total_[i] == kNoColumn) total_[i] = builder.add(kErrors, labels_of(card, i, "total"));
      block.columns[i] = builder.add(kErrors, labels_of(card, i, name.location));
    }
    if (counts != Counts{}) blocks_.push_back(std::move(block));
  }
  if (blocks_.empty()) missing_.push_back({{kErrors}, "there are no counts in ras: the card has none, or they are switched off"});
}

void AmdRas::sample_blocks(Row& row) {
  std::array<double, kSeverities> sums{};
  std::array<bool, kSeverities> whole{};
  whole.fill(!blocks_.empty());
  for (Block& block : blocks_) {
    const Counts counts = counts_in(block.file);
    for (std::size_t i = 0; i < kSeverities; ++i) {
      put(row, block.columns[i], counts[i]);
      sums[i] += static_cast<double>(counts[i].value_or(0));
      whole[i] = whole[i] && (counts[i] || block.columns[i] == kNoColumn);
    }
  }
  for (std::size_t i = 0; i < kSeverities; ++i) {
    if (whole[i]) put(row, total_[i], sums[i]);
  }
}

Sampled AmdRas::sample(Row& row) {
  sample_blocks(row);
  if (features_.column != kNoColumn) {
    if (const auto on = memory_protected(*features_.file)) put(row, features_.column, *on);
  }
  if (bad_pages_.column != kNoColumn) {
    if (const auto pages = pages_in(*bad_pages_.file)) put(row, bad_pages_.column, *pages);
  }
  if (link_.column != kNoColumn) {
    const auto errors = link_errors_in(*link_.file);
    link_errors_ += errors.value_or(0);
    if (errors) put(row, link_.column, link_errors_);
  }
  return Sampled::ok;
}

}  // namespace tacho::sampler

#include "sampler/host/storage/mdadm.h"

#include <algorithm>
#include <filesystem>

#include "sampler/cells.h"
#include "sampler/folders.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

using State = MdArray::State;

constexpr std::pair<State, std::string_view> kStates[] = {{State::active, "active"},
                                                          {State::inactive, "inactive"},
                                                          {State::recovering, "recovering"},
                                                          {State::resync, "resync"},
                                                          {State::check, "check"}};
constexpr std::string_view kDisks[] = {"active", "failed", "spare"};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::uint64_t count(std::string_view text, std::string_view part) {
  std::uint64_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++found;
  return found;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::optional<std::uint64_t> number = take_u64(text);
  return text.empty() ? number : std::nullopt;
}

// "... [3/2] [_UU]": how many disks the array requires, and how many it has.
void read_disks(std::string_view line, MdArray& array) {
  while (!line.empty()) {
    take_until(line, '[');
    std::string_view inside = take_until(line, ']');
    const std::optional<std::uint64_t> required = whole_number(take_until(inside, '/'));
    const std::optional<std::uint64_t> active = whole_number(inside);
    if (!required || !active) continue;
    array.required_disks = required;
    array.active_disks = active;
    return;
  }
}

// "recovery =  8.5% (16775552/195310144) finish=17.0min ...", or "resync=DELAYED" and "resync=PENDING".
void read_progress(std::string_view line, MdArray& array) {
  skip_blanks(line);
  if (line.starts_with("bitmap:")) return;  // with a file's name in it, which may be any word
  constexpr std::pair<std::string_view, State> kActions[] = {
      {"recovery", State::recovering}, {"reshape", State::other}, {"check", State::check}, {"resync", State::resync}};
  for (const auto& [word, state] : kActions) {
    if (!has(line, word)) continue;
    array.state = state;
    array.blocks_synced = std::nullopt;
    if (has(line, "DELAYED") || has(line, "PENDING")) {
      array.blocks_synced = 0;
    } else {
      take_until(line, '(');
      const std::string_view done = take_until(line, '/');
      if (!line.empty()) array.blocks_synced = whole_number(done);
    }
    return;
  }
}

// The line of the device itself and the one below it.
void read_array(std::string_view words, std::string_view status, MdArray& array) {
  const std::string_view word = take_word(words);
  array.state = word == "active" ? State::active : word == "inactive" ? State::inactive : State::other;
  std::string_view level = take_word(words);
  while (level.starts_with('(')) level = take_word(words);  // (read-only), (auto-read-only)
  array.failed_disks = count(words, "(F)") + count(level, "(F)");
  array.spare_disks = count(words, "(S)") + count(level, "(S)");
  if (level == "raid0" || level == "linear") {
    array.active_disks = array.required_disks = count(words, "[");
  } else if (array.state == State::inactive) {
    array.active_disks = array.required_disks = 0;
  } else {
    read_disks(status, array);
  }
  array.blocks = array.blocks_synced = take_u64(status);
}

}  // namespace

bool MdstatReader::next(MdArray& array) {
  while (!rest_.empty() && !ended_) {
    if (rest_.find('\n') == std::string_view::npos) return false;
    std::string_view line = take_until(rest_, '\n');
    ended_ = line.starts_with("unused devices:");
    const std::string_view name = take_word(line);
    if (name.empty() || name == "Personalities" || take_word(line) != ":") continue;
    array = {.name = name};
    // What belongs to the array is indented.
    const std::string_view status = rest_.starts_with(' ') ? take_until(rest_, '\n') : std::string_view{};
    read_array(line, status, array);
    while (!rest_.empty() && (is_blank(rest_[0]) || rest_[0] == '\n')) read_progress(take_until(rest_, '\n'), array);
    if (rest_.empty()) return false;
    return true;
  }
  return false;
}

Result<void> MdadmSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  std::vector<Shown> shown;
  MdArray array;
  for (MdstatReader reader(*text); reader.next(array);) {
    Shown one{.name = std::string(array.name), .states = {}, .disks = {}};
    const Label device{"device", one.name};
    for (std::size_t i = 0; i < kStateCount; ++i) {
      one.states[i] = builder.add("node_md_state", {device, {"state", std::string(kStates[i].second)}});
    }
    for (std::size_t i = 0; i < kDiskCount; ++i) {
      one.disks[i] = builder.add("node_md_disks", {device, {"state", std::string(kDisks[i])}});
    }
    one.required = builder.add("node_md_disks_required", {device});
    one.blocks = builder.add("node_md_blocks", {device});
    one.blocks_synced = builder.add("node_md_blocks_synced", {device});
    shown.push_back(std::move(one));
  }
  if (shown.empty()) return failure("{} has no array", file_.path());
  files_.start();
  for (const std::string& name : list_folder(block_folder_).value_or(std::vector<std::string>{})) {
    if (!name.starts_with("md")) continue;
    const std::string folder = block_folder_ + "/" + name + "/md/";
    files_.add(builder, folder + "raid_disks", "node_md_raid_disks", {{"device", name}}, {.words_may_follow = true});
    files_.add(builder, folder + "degraded", "node_md_degraded", {{"device", name}});
  }
  shown_ = std::move(shown);
  return {};
}

Result<Sampled> MdadmSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  MdArray array;
  MdstatReader reader(*text);
  for (; reader.next(array); ++i) {
    if (i == shown_.size() || array.name != shown_[i].name) return Sampled::layout_changed;
    const Shown& one = shown_[i];
    for (std::size_t s = 0; s < kStateCount; ++s) put(row, one.states[s], array.state == kStates[s].first ? 1.0 : 0.0);
    put(row, one.disks[0], array.active_disks);
    put(row, one.disks[1], static_cast<double>(array.failed_disks));
    put(row, one.disks[2], static_cast<double>(array.spare_disks));
    put(row, one.required, array.required_disks);
    put(row, one.blocks, array.blocks);
    put(row, one.blocks_synced, array.blocks_synced);
  }
  if (reader.whole() && i != shown_.size()) return Sampled::layout_changed;
  return files_.sample(row);
}

}  // namespace tacho::sampler

#include "tools/top/list.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace tacho::tools {
namespace {

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool passes_word(const TopRow& row, const std::string& text, const std::string& word) {
  if (text.find(word) != text.npos) return true;
  const std::size_t equals = word.find('=');
  if (equals == word.npos) return false;
  const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
  if (name == "section") return lower(row.line->section) == value;
  if (name == "title") return lower(row.line->title) == value;
  if (name == "device" && lower(row.device) == value) return true;
  return std::any_of(row.labels.begin(), row.labels.end(),
                     [&](const Label& l) { return lower(l.name) == name && lower(l.value) == value; });
}

double sort_value(const TopRow& row, TopSort sort) {
  return (sort == TopSort::now ? row.now : row.max).value_or(-std::numeric_limits<double>::infinity());
}

// What was found at the cursor's second is said of that second alone.
bool is_of_cursor(const TopView& view, const TopState& state) { return view.time.cursor() == state.time.cursor(); }

std::vector<TopItem> device_items(const TopView& view, const TopState& state) {
  const bool now = is_of_cursor(view, state);
  std::vector<TopItem> out;
  for (const TopRow& r : view.rows) {
    if (r.line->section != "accel") continue;
    auto item = std::find_if(out.begin(), out.end(), [&](const TopItem& i) { return i.id.device == r.device; });
    if (item == out.end()) {
      TopItem fresh;
      fresh.id = {"accel", "", r.device};
      fresh.row = &r;
      fresh.is_device = true;
      item = out.insert(out.end(), std::move(fresh));
    }
    const auto cell = std::find(kDeviceCells.begin(), kDeviceCells.end(), r.line->title);
    if (cell != kDeviceCells.end()) item->cells[static_cast<std::size_t>(cell - kDeviceCells.begin())] = &r;
    item->alert = item->alert || (now && r.alert);
    // The worst is said, and it comes last of the lines.
    if (!now || r.now.value_or(0) <= 0) continue;
    if (!r.which.empty() && (item->held.empty() || r.alert)) item->held = r.which;
    if (r.line->title == "unfit" || r.line->title == "lost") item->held = r.line->title;
  }
  std::erase_if(out, [&](const TopItem& i) { return !passes_filter(*i.row, state.filter); });
  std::stable_sort(out.begin(), out.end(), [&](const TopItem& a, const TopItem& b) {
    if (state.sort != TopSort::name && a.cells[0] != nullptr && b.cells[0] != nullptr)
      return sort_value(*a.cells[0], state.sort) > sort_value(*b.cells[0], state.sort);
    return natural_less(a.id.device, b.id.device);
  });
  return out;
}

}  // namespace

bool passes_filter(const TopRow& row, std::string_view filter) {
  const std::string text = lower(std::string(row.line->section) + " " + row.title());
  for (std::size_t at = 0; at < filter.size();) {
    const std::size_t space = std::min(filter.find(' ', at), filter.size());
    const std::string word = lower(filter.substr(at, space - at));
    if (!word.empty() && !passes_word(row, text, word)) return false;
    at = space + 1;
  }
  return true;
}

TopSubject subject_of(const TopRow& row) {
  Labels labels = row.labels;
  if (!row.line->which.empty()) labels.erase(row.line->which);
  labels.erase(kMetricName);
  return {std::string(row.line->section), row.device, row.name.empty() ? row.device : row.name, std::move(labels)};
}

TopList top_list(const TopView& view, const TopState& state) {
  TopList out;
  out.items = device_items(view, state);
  const std::size_t devices = out.items.size();
  const bool all = state.all_rows || !state.filter.empty();
  for (const TopRow& r : view.rows) {
    if (!passes_filter(r, state.filter)) continue;
    if (r.quiet && !all) {
      ++out.left_out;
      continue;
    }
    TopItem item;
    item.id = id_of(r);
    item.row = &r;
    item.alert = r.alert && is_of_cursor(view, state);
    out.items.push_back(std::move(item));
  }
  const auto is_accel_row = [](const TopItem& i) { return !i.is_device && i.id.section == "accel"; };
  const auto needed = out.items.size() + (devices > 0) -
                      static_cast<std::size_t>(std::count_if(out.items.begin(), out.items.end(), is_accel_row));
  if (!all && needed + kFrameLines > state.height)
    out.left_out += std::erase_if(out.items, [](const TopItem& i) { return !i.is_device && i.row->line->minor && !i.alert; });
  if (state.sort != TopSort::name) {
    // Within a section values of one kind are compared, not bytes with percent. The sections keep their places.
    for (auto begin = out.items.begin() + static_cast<std::ptrdiff_t>(devices); begin != out.items.end();) {
      const auto end = std::find_if(begin, out.items.end(), [&](const TopItem& i) { return i.id.section != begin->id.section; });
      std::stable_sort(begin, end, [&](const TopItem& a, const TopItem& b) {
        if (a.row->line != b.row->line) return a.row->line < b.row->line;
        return sort_value(*a.row, state.sort) > sort_value(*b.row, state.sort);
      });
      begin = end;
    }
  }
  return out;
}

}  // namespace tacho::tools

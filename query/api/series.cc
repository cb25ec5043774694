// series, labels, label values, metadata.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "proto/base/number.h"
#include "proto/base/utf8.h"
#include "query/api/handlers.h"

namespace tacho::query {
namespace {

constexpr const char* kTruncated = "results truncated due to limit";

// The label sets that any of the selectors (all of them when there is none) names in the range; sorted, each once.
ApiResult<std::vector<Labels>> find_series(const ApiContext& c, const HttpRequest& r, const MatcherSets& sets) {
  const auto range = time_range_params(r);
  if (!range) return std::unexpected(range.error());
  std::vector<Labels> all;
  const auto add = [&](std::span<const store::Matcher> matchers) -> ApiResult<void> {
    auto found = c.store.series(matchers, *range);
    if (!found) return std::unexpected(ApiError{found.error().message, "execution", 422});
    all.insert(all.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
    return {};
  };
  if (sets.empty()) {
    if (auto ok = add({}); !ok) return std::unexpected(ok.error());
  }
  for (const auto& matchers : sets) {
    if (auto ok = add(matchers); !ok) return std::unexpected(ok.error());
  }
  if (sets.size() > 1) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  return all;
}

template <class List, class Write>
std::string limited(const List& list, std::size_t limit, Write&& write) {
  const std::size_t shown = limit == 0 ? list.size() : std::min(limit, list.size());
  const std::vector<std::string> warnings(shown < list.size() ? 1 : 0, kTruncated);
  return api_success_json(
      [&](JsonText& out) {
        out.raw('[');
        auto at = list.begin();
        for (std::size_t i = 0; i < shown; ++i, ++at) {
          if (i > 0) out.raw(',');
          write(out, *at);
        }
        out.raw(']');
      },
      warnings);
}

// Aliases are series under further names, which a list of names has to show, or nobody would find them: also where the selectors say
// nothing, or nothing but a name.
ApiResult<void> add_alias_names(const ApiContext& c, const HttpRequest& r, const MatcherSets& sets,
                                std::set<std::string, std::less<>>& texts) {
  if (c.options.aliases == nullptr) return {};
  const auto range = time_range_params(r);
  if (!range) return std::unexpected(range.error());
  auto names = c.options.aliases->names(*range);
  if (!names) return std::unexpected(ApiError{names.error().message, "execution", 422});
  for (std::string& name : *names) {
    const auto finds = [&](const std::vector<store::Matcher>& set) {
      return std::all_of(set.begin(), set.end(), [&](const auto& m) { return m.label() == kMetricName && m.matches(name); });
    };
    if (sets.empty() || std::any_of(sets.begin(), sets.end(), finds)) texts.insert(std::move(name));
  }
  return {};
}

// The distinct texts that `collect` takes from the series that the request names.
template <class Collect>
ApiResult<std::string> answer_texts(const ApiContext& c, const HttpRequest& r, bool with_names, Collect&& collect) {
  const auto sets = match_params(r);
  if (!sets) return std::unexpected(sets.error());
  const auto limit = limit_param(r);
  if (!limit) return std::unexpected(limit.error());
  const auto series = find_series(c, r, *sets);
  if (!series) return std::unexpected(series.error());
  std::set<std::string, std::less<>> texts;
  for (const Labels& l : *series) collect(l, texts);
  if (with_names) {
    if (auto ok = add_alias_names(c, r, *sets, texts); !ok) return std::unexpected(ok.error());
  }
  return limited(texts, *limit, [](JsonText& out, const std::string& s) { out.string(s); });
}

void append_utf8(std::string& out, std::uint32_t rune) {
  const auto byte = [&out](std::uint32_t b) { out += static_cast<char>(b); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xc0 | rune >> 6);
    byte(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    byte(0xe0 | rune >> 12);
    byte(0x80 | (rune >> 6 & 0x3f));
    byte(0x80 | (rune & 0x3f));
  } else {
    byte(0xf0 | rune >> 18);
    byte(0x80 | (rune >> 12 & 0x3f));
    byte(0x80 | (rune >> 6 & 0x3f));
    byte(0x80 | (rune & 0x3f));
  }
}

// Names outside the classic character set come escaped in paths: U__my_2e_label is my.label, __ is an underscore. A
// text that is not so escaped after all stands for itself.
std::string unescape_name(std::string_view text) {
  if (!text.starts_with("U__")) return std::string(text);
  std::string out;
  std::string_view rest = text.substr(3);
  while (!rest.empty()) {
    if (rest[0] != '_') {
      out += rest[0];
      rest.remove_prefix(1);
    } else if (rest.starts_with("__")) {
      out += '_';
      rest.remove_prefix(2);
    } else {
      const auto end = rest.find('_', 1);
      if (end == std::string_view::npos || end > 7) return std::string(text);
      const auto rune = parse_number("0x" + std::string(rest.substr(1, end - 1)));
      if (!rune || *rune > 0x10ffff) return std::string(text);
      append_utf8(out, static_cast<std::uint32_t>(*rune));
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace

ApiResult<std::string> answer_series(const ApiContext& c, const HttpRequest& r) {
  const auto sets = match_params(r);
  if (!sets) return std::unexpected(sets.error());
  if (sets->empty()) return std::unexpected(ApiError{"no match[] parameter provided"});
  const auto limit = limit_param(r);
  if (!limit) return std::unexpected(limit.error());
  const auto series = find_series(c, r, *sets);
  if (!series) return std::unexpected(series.error());
  return limited(*series, *limit, [](JsonText& out, const Labels& l) { out.labels(l); });
}

ApiResult<std::string> answer_labels(const ApiContext& c, const HttpRequest& r) {
  return answer_texts(c, r, false, [](const Labels& labels, auto& texts) {
    for (const Label& l : labels) {
      if (!texts.contains(l.name)) texts.insert(l.name);
    }
  });
}

ApiResult<std::string> answer_label_values(const ApiContext& c, const HttpRequest& r, std::string_view label) {
  const std::string name = unescape_name(label);
  if (name.empty() || !is_utf8(name)) return std::unexpected(ApiError{fmt::format("invalid label name: {}", quoted(label))});
  return answer_texts(c, r, name == kMetricName, [&name](const Labels& labels, auto& texts) {
    const std::string_view value = labels.get(name);
    if (!value.empty() && !texts.contains(value)) texts.emplace(value);
  });
}

ApiResult<std::string> answer_metadata(const ApiContext& c, const HttpRequest& r) {
  const std::string_view limit_text = r.param("limit").value_or("");
  const auto limit = limit_text.empty() ? -1 : parse_int(limit_text);
  if (!limit) return std::unexpected(ApiError{"limit must be a number"});
  const std::string_view only = r.param("metric").value_or("");
  std::map<std::string, store::MetricMetadata> sorted;
  for (store::MetricMetadata& m : c.store.metadata()) {
    if (only.empty() || m.name == only) sorted.emplace(m.name, std::move(m));
  }
  return api_success_json([&](JsonText& out) {
    out.raw('{');
    std::int64_t shown = 0;
    for (const auto& [name, m] : sorted) {
      if (*limit >= 0 && shown == *limit) break;
      if (shown++ > 0) out.raw(',');
      out.string(name);
      out.raw(R"(:[{"type":)");
      out.string(metric_type_name(m.type));
      out.raw(R"(,"help":)");
      out.string(m.help);
      out.raw(R"(,"unit":)");
      out.string(m.unit);
      out.raw("}]");
    }
    out.raw('}');
  });
}

}  // namespace tacho::query

#include "tools/config/shipping.h"

#include "query/engine/engine.h"

namespace tacho::tools {
namespace {

constexpr std::uint64_t kOutboxMin = 4u << 20;

// 0: none was said, or it was wrong.
std::int64_t read_interval(Section& s) {
  std::int64_t interval = 0;
  if (!s.duration("interval", interval, 1000, store::kHourMs)) return 0;
  if (store::kHourMs % interval == 0) return interval;
  s.problems().error(
      s.where("interval"),
      s.name_of("interval") + " must divide an hour, so that windows end at the same times on every node: 15s, 30s, 1m, 5m");
  return 0;
}

void read_matches(Section& s, store::RollupRule& rule) {
  const auto node = s.node("match");
  if (!node)
    return s.problems().error(s.where("match"), s.name_of("match") + " is missing: a selector like '{__name__=~\"accel_.*\"}'");
  const auto read = [&](const YAML::Node& item) {
    if (!item.IsScalar()) return s.problems().error(item, s.name_of("match") + " must be a selector, or a list of them");
    auto matchers = query::parse_matchers(item.Scalar());
    if (!matchers) return s.problems().error(item, fmt::format("{}: {}", s.name_of("match"), matchers.error().message));
    rule.matches.push_back(std::move(*matchers));
  };
  if (!node->IsSequence()) return read(*node);
  for (const auto& item : *node) read(item);
  if (node->size() == 0) s.problems().error(*node, s.name_of("match") + " is empty: the rule would match nothing");
}

void read_keep(Section& s, store::RollupRule& rule) {
  std::vector<std::string> texts;
  if (!s.texts("keep", texts)) return;
  store::Outputs outputs;
  for (const std::string& text : texts) {
    if (const auto output = store::parse_output(text)) {
      outputs.push_back(*output);
    } else {
      s.problems().error(s.where("keep"), fmt::format("{}: {} is none of avg, min, max, last, sum, count, or a quantile like p99",
                                                      s.name_of("keep"), quoted(text)));
    }
  }
  if (outputs.empty()) return s.problems().error(s.where("keep"), s.name_of("keep") + " is empty; drop: true ships nothing");
  rule.keep = std::move(outputs);
}

store::RollupRule read_rule(Problems& problems, const YAML::Node& node, const std::string& path) {
  Section s(problems, node, path);
  store::RollupRule rule;
  read_matches(s, rule);
  read_keep(s, rule);
  rule.interval_ms = read_interval(s);
  s.boolean("drop", rule.drop);
  s.boolean("keep_raw", rule.keep_raw);
  if (rule.drop && (rule.keep || rule.keep_raw))
    problems.error(s.where("drop"), s.name_of("drop") + " together with keep or keep_raw: it would keep nothing");
  s.finish();
  return rule;
}

}  // namespace

void read_shipping(Section& file, Config& config) {
  const auto node = file.node("shipping");
  if (!node) return;
  Section s(file.problems(), *node, "shipping");
  s.duration("grace", config.ship_grace_ms, 0, 60'000);
  s.duration("spread", config.ship_spread_ms, 0, store::kShipOffsetMaxMs);
  std::uint64_t outbox = 0;
  if (s.bytes("outbox", outbox, 0)) {
    if (outbox != 0 && outbox < kOutboxMin)
      s.problems().error(s.where("outbox"), "shipping.outbox must be at least 4MiB, or 0 for none");
    config.ship_outbox_bytes = outbox;
  }
  const std::int64_t interval = read_interval(s);
  std::vector<store::RollupRule> rules;
  const auto items = s.list("rules");
  for (std::size_t i = 0; i < items.size(); ++i)
    rules.push_back(read_rule(file.problems(), items[i], fmt::format("shipping.rules[{}]", i)));
  config.ship_policy = store::RollupPolicy(std::move(rules), interval != 0 ? interval : store::kRollupWindowMs);
  s.finish();
}

}  // namespace tacho::tools

#include "store/shipping/relabel.h"

#include <catch2/catch.hpp>
#include <optional>

namespace tacho::store {
namespace {

// The labels after one rule, as text; "dropped" when there are none.
std::string after(const RelabelSpec& spec, Labels labels) {
  const auto rule = RelabelRule::create(spec);
  REQUIRE(rule);
  return rule->apply(labels) ? labels.to_string() : "dropped";
}

std::string why_not(const RelabelSpec& spec) {
  const auto rule = RelabelRule::create(spec);
  REQUIRE_FALSE(rule);
  return rule.error().message;
}

const Labels kSeries = Labels::of("disk_bytes", {{"device", "nvme0n1"}, {"node", "gpu-17"}});

}  // namespace

TEST_CASE("replace sets a label from what was matched") {
  CHECK(after({.source_labels = {"node"}, .target_label = "rack", .regex = "gpu-(\\d)(\\d)", .replacement = "r$2-${1}x"},
              kSeries) == R"(disk_bytes{device="nvme0n1",node="gpu-17",rack="r7-1x"})");
  CHECK(after({.source_labels = {"node", "device"}, .target_label = "both"}, kSeries) ==
        R"(disk_bytes{both="gpu-17;nvme0n1",device="nvme0n1",node="gpu-17"})");
  CHECK(after({.target_label = "fixed", .replacement = "a$$b"}, kSeries) ==
        R"(disk_bytes{device="nvme0n1",fixed="a$b",node="gpu-17"})");
}

TEST_CASE("replace without a match changes nothing, with an empty result removes the label") {
  CHECK(after({.source_labels = {"node"}, .target_label = "node", .regex = "cpu.*", .replacement = "x"}, kSeries) ==
        kSeries.to_string());
  CHECK(after({.source_labels = {"node"}, .target_label = "node", .replacement = ""}, kSeries) ==
        R"(disk_bytes{device="nvme0n1"})");
}

TEST_CASE("expressions are anchored at both ends") {
  CHECK(after({.source_labels = {"node"}, .regex = "gpu", .action = RelabelAction::keep}, kSeries) == "dropped");
  CHECK(after({.source_labels = {"node"}, .regex = "gpu.*", .action = RelabelAction::keep}, kSeries) == kSeries.to_string());
  CHECK(after({.source_labels = {"__name__"}, .regex = "disk_.*", .action = RelabelAction::drop}, kSeries) == "dropped");
  CHECK(after({.source_labels = {"__name__"}, .regex = "disk_", .action = RelabelAction::drop}, kSeries) == kSeries.to_string());
}

TEST_CASE("group references: names, the longest name, and what is none") {
  const auto check = [](const char* replacement, const char* expected) {
    CHECK(after({.source_labels = {"node"}, .target_label = "t", .regex = "(?P<kind>[a-z]+)-(\\d+)", .replacement = replacement},
                Labels{{"node", "gpu-17"}}) == fmt::format("{{node=\"gpu-17\"{}}}", expected));
  };
  check("$kind", ",t=\"gpu\"");
  check("${kind}s", ",t=\"gpus\"");
  check("$0", ",t=\"gpu-17\"");
  check("$2", ",t=\"17\"");
  check("$1x", "");  // the group "1x", which there is not
  check("$9", "");
  check("a$", ",t=\"a$\"");
  check("${2", ",t=\"${2\"");
}

TEST_CASE("the label names: map, drop, keep") {
  const Labels labels = Labels::of("up", {{"pod_label_job", "llm"}, {"pod_label_user", "ada"}, {"uid", "1"}});
  CHECK(after({.regex = "pod_label_(.+)", .action = RelabelAction::labelmap}, labels) ==
        R"(up{job="llm",pod_label_job="llm",pod_label_user="ada",uid="1",user="ada"})");
  CHECK(after({.regex = "pod_.*|uid", .action = RelabelAction::labeldrop}, labels) == "up");
  CHECK(after({.regex = "__name__|uid", .action = RelabelAction::labelkeep}, labels) == R"(up{uid="1"})");
}

TEST_CASE("case and equality") {
  const Labels labels = Labels::of("up", {{"a", "Node"}, {"b", "node"}});
  CHECK(after({.source_labels = {"a"}, .target_label = "a", .action = RelabelAction::lowercase}, labels) ==
        R"(up{a="node",b="node"})");
  CHECK(after({.source_labels = {"a"}, .target_label = "c", .action = RelabelAction::uppercase}, labels) ==
        R"(up{a="Node",b="node",c="NODE"})");
  CHECK(after({.source_labels = {"a"}, .target_label = "b", .action = RelabelAction::keepequal}, labels) == "dropped");
  CHECK(after({.source_labels = {"a"}, .target_label = "b", .action = RelabelAction::dropequal}, labels) == labels.to_string());
}

TEST_CASE("hashmod shards as Prometheus does") {
  // md5("foo") is acbd18db4cc2f85c edef654fccc4a4d8: its last eight bytes, big-endian.
  const auto shard = [](const char* value, std::uint64_t modulus) {
    Labels labels{{"a", value}};
    const auto rule = RelabelRule::create(
        {.source_labels = {"a"}, .target_label = "shard", .modulus = modulus, .action = RelabelAction::hashmod});
    REQUIRE(rule);
    REQUIRE(rule->apply(labels));
    return std::string(labels.get("shard"));
  };
  CHECK(shard("foo", 1'000) == std::to_string(0xedef'654f'ccc4'a4d8ULL % 1'000));
  CHECK(shard("", 1) == "0");
}

TEST_CASE("rules run in order, and each sees what the one before left") {
  std::vector<RelabelRule> rules;
  rules.push_back(*RelabelRule::create({.source_labels = {"node"}, .target_label = "kind", .regex = "([a-z]+)-.*"}));
  rules.push_back(*RelabelRule::create({.source_labels = {"kind"}, .regex = "gpu", .action = RelabelAction::keep}));
  Labels gpu = kSeries;
  CHECK(relabel(rules, gpu));
  CHECK(gpu.get("kind") == "gpu");
  Labels cpu = Labels::of("up", {{"node", "cpu-1"}});
  CHECK_FALSE(relabel(rules, cpu));
}

TEST_CASE("a rule that cannot work is refused with the reason") {
  CHECK(why_not({.regex = "(", .action = RelabelAction::keep}).starts_with("invalid regular expression \"(\": "));
  CHECK(why_not({.source_labels = {"a"}}) == "the relabel action replace needs target_label");
  CHECK(why_not({.target_label = "a-b"}) == "target_label \"a-b\" is no label name");
  CHECK(why_not({.target_label = "a", .regex = "[", .action = RelabelAction::uppercase}).starts_with("invalid"));
  CHECK(why_not({.target_label = "a", .action = RelabelAction::hashmod}) == "the relabel action hashmod needs a modulus above 0");
  CHECK(why_not({.action = RelabelAction::dropequal}) == "the relabel action dropequal needs target_label");
  CHECK(RelabelRule::create({.source_labels = {"a"}, .target_label = "x_$1"}));
}

TEST_CASE("actions are known by name in any case") {
  CHECK(parse_relabel_action("LabelMap") == RelabelAction::labelmap);
  CHECK(parse_relabel_action("keep") == RelabelAction::keep);
  CHECK(
      parse_relabel_action("discard").error().message.starts_with("unknown relabel action \"discard\"; there are replace, keep"));
}

}  // namespace tacho::store

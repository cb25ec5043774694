// Any bytes are a downward API file: what is taken out of it lies in it, one line at most a key or a problem, and the labels made of it are
// such as an identity may have.
#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/utf8.h"
#include "sampler/identity/downward_api.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  using namespace tacho;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const sampler::DownwardText parsed = sampler::parse_downward(bytes);
  const auto lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  TACHO_CHECK(parsed.pairs.size() + parsed.problems.size() <= lines);
  for (const auto& [key, value] : parsed.pairs) {
    TACHO_CHECK(!key.empty() && bytes.find(key + "=") != std::string_view::npos, key);
    TACHO_CHECK(value.size() <= bytes.size());
  }
  if (const auto text = sampler::go_unquoted(bytes)) TACHO_CHECK(text->size() + 2 <= bytes.size());

  for (const auto style : {sampler::LabelStyle::short_names, sampler::LabelStyle::kube_state_metrics}) {
    const sampler::LabelMap map({.style = style, .rules = {{"*", sampler::LabelRule::Kind::keep, ""}}});
    const Labels labels = map.apply(parsed.pairs, parsed.pairs);
    TACHO_CHECK(labels.size() <= sampler::kIdentityLabelsMax);
    TACHO_CHECK(store::identity_labels(labels) == labels, labels.to_string());
  }
  return 0;
}

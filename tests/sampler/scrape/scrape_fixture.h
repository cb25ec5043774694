// Targets and pages without a network.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "sampler/scrape/fetch.h"
#include "sampler/scrape/target.h"
#include "store/shipping/relabel.h"

namespace tacho::sampler {

inline ScrapeTarget made_target() {
  ScrapeTarget t;
  t.job = "j";
  t.labels = {{"job", "j"}, {"instance", "h:1"}};
  t.name = "scrape_j_h_1";
  t.url = parse_url("http://h:1/metrics").value();
  return t;
}

inline store::RelabelRule rule(store::RelabelSpec spec) { return store::RelabelRule::create(std::move(spec)).value(); }

// What the next fetch gives; `fault` instead of it.
struct Served {
  std::string page;
  TextFormat format = TextFormat::prometheus;
  std::optional<ScrapeFault> fault;
  int fetches = 0;
};

class ServedPages final : public PageFetcher {
 public:
  explicit ServedPages(Served& served) : served_(served) {}
  void set_timeout(std::int64_t) override {}
  std::expected<TextFormat, ScrapeFailure> fetch(std::string& page) override {
    ++served_.fetches;
    if (served_.fault) return std::unexpected(ScrapeFailure{*served_.fault, "the test says no"});
    page.assign(served_.page);
    return served_.format;
  }

 private:
  Served& served_;
};

}  // namespace tacho::sampler

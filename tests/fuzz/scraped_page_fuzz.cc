// One page after another, zero bytes between them: whatever came before, the page that is followed reads as the whole parser reads it.
// The first byte's lowest bit chooses the format, its second whether the format changes from page to page.
#include <algorithm>
#include <bit>
#include <vector>

#include "proto/base/check.h"
#include "proto/scraped_page.h"

namespace {

using namespace tacho;

struct Whole final : ExpositionSink {
  struct Row {
    std::string_view series;
    double value;
    TimeMs t;
  };
  std::vector<Row> rows;
  bool timed = false;
  void sample(std::string_view series, double value, std::optional<TimeMs> t) override {
    rows.push_back({series, value, t.value_or(ScrapedPage::kNoTime)});
    timed = timed || t;
  }
};

void check_equal(const ScrapedPage& page, const Whole& whole) {
  TACHO_CHECK(page.size() == whole.rows.size() && page.values().size() == page.size());
  TACHO_CHECK(page.times().empty() || page.times().size() == page.size());
  TACHO_CHECK(!whole.timed || !page.times().empty());
  for (std::size_t i = 0; i < page.size(); ++i) {
    const Whole::Row& row = whole.rows[i];
    TACHO_CHECK(page.series(i) == row.series, fmt::format("{} is not {}", page.series(i), row.series));
    TACHO_CHECK(std::bit_cast<std::uint64_t>(page.values()[i]) == std::bit_cast<std::uint64_t>(row.value), row.series);
    TACHO_CHECK((page.times().empty() ? ScrapedPage::kNoTime : page.times()[i]) == row.t, row.series);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  if (size == 0) return 0;
  bool openmetrics = data[0] & 1;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  ScrapedPage page;
  std::vector<std::string> last;  // series of the page read last
  while (true) {
    std::string text(rest.substr(0, rest.find('\0')));
    const std::string copy = text;
    const TextFormat format = openmetrics ? TextFormat::openmetrics : TextFormat::prometheus;
    Whole whole;
    const auto good = parse_exposition(copy, format, whole);
    const auto read = page.read(text, format);
    TACHO_CHECK(good.has_value() == read.has_value());
    TACHO_CHECK(page.samples_read() == whole.rows.size());
    if (!good) {
      TACHO_CHECK(good.error().message == read.error().message);
    } else {
      check_equal(page, whole);
      for (std::size_t i = 0; i < page.size(); ++i) {
        if (*read == ScrapedPage::Read::same) {
          TACHO_CHECK(last[i] == page.series(i));
        } else if (page.before(i) == ScrapedPage::kNone) {
          TACHO_CHECK(std::find(last.begin(), last.end(), page.series(i)) == last.end());
        } else {
          TACHO_CHECK(last.at(page.before(i)) == page.series(i));
        }
        (void)page.family(i);
      }
      last.clear();
      for (std::size_t i = 0; i < page.size(); ++i) last.emplace_back(page.series(i));
    }
    if (rest.find('\0') == std::string_view::npos) return 0;
    rest.remove_prefix(rest.find('\0') + 1);
    openmetrics = openmetrics != ((data[0] & 2) != 0);
  }
}

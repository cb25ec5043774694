// The bar on the terminal's line: silent for a second, then how far it is, and gone at the end.
#include "tools/terminal/progress.h"

#include <catch2/catch.hpp>

#include "tests/fake_clock.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

struct Terminal {
  std::vector<std::string> written;
  Progress::Write write() {
    return [this](const std::string& text) { written.push_back(text); };
  }
};

constexpr std::int64_t kTenth = kNsPerSecond / 10;

}  // namespace

TEST_CASE("what ends within a second shows nothing") {
  const test::FakeClock clock;
  Terminal terminal;
  {
    Progress progress("reading x", terminal.write(), 80, clock);
    for (int i = 1; i < 10; ++i) {
      clock.pass(kTenth);
      progress.advance(static_cast<std::uint64_t>(i), 10);
    }
  }
  CHECK(terminal.written.empty());
}

TEST_CASE("after a second the share, the bar and what is left, ten times a second, and in the end an empty line") {
  const test::FakeClock clock;
  Terminal terminal;
  {
    Progress progress("reading x", terminal.write(), 80, clock);
    clock.pass(kNsPerSecond);
    progress.advance(25, 100);
    REQUIRE(terminal.written.size() == 1);
    CHECK(terminal.written[0].starts_with("\rreading x [##########..............................]  25 %, 3 s left "));
    CHECK(terminal.written[0].size() == 80);  // the carriage return, and all columns but the last
    clock.pass(kTenth / 2);
    progress.advance(26, 100);
    CHECK(terminal.written.size() == 1);
    clock.pass(kTenth / 2);
    progress.advance(100, 100);
    REQUIRE(terminal.written.size() == 2);
    CHECK(terminal.written[1].starts_with("\rreading x [########################################] 100 %, 0 s left "));
    CHECK(terminal.written[1].size() == 80);
  }
  REQUIRE(terminal.written.size() == 3);
  CHECK(terminal.written[2] == "\r" + std::string(79, ' ') + "\r");
}

TEST_CASE("a line that is cleared is not cleared again") {
  const test::FakeClock clock;
  Terminal terminal;
  {
    Progress progress("x", terminal.write(), 80, clock);
    clock.pass(2 * kNsPerSecond);
    progress.advance(1, 2);
    progress.clear();
  }
  CHECK(terminal.written.size() == 2);
}

TEST_CASE("on a narrow terminal there is no bar, and no line is wider than the terminal") {
  const test::FakeClock clock;
  for (std::size_t width = 1; width < 100; ++width) {
    Terminal terminal;
    Progress progress("reading seconds.om", terminal.write(), width, clock);
    clock.pass(kNsPerSecond);
    progress.advance(1, 2);
    REQUIRE(terminal.written.size() == 1);
    CHECK(terminal.written[0].size() <= std::max<std::size_t>(width, 2));
    CHECK((terminal.written[0].find('[') == std::string::npos) == (width < 46));
  }
}

TEST_CASE("more than all is all, of nothing nothing is said, and without a terminal nothing is written") {
  const test::FakeClock clock;
  Terminal terminal;
  Progress progress("x", terminal.write(), 80, clock);
  clock.pass(kNsPerSecond);
  progress.advance(0, 0);
  progress.advance(0, 5);
  CHECK(terminal.written.empty());
  progress.advance(9, 5);
  CHECK(terminal.written.at(0).find("100 %, 0 s left") != std::string::npos);
  Progress silent("x", nullptr, 80, clock);
  clock.pass(2 * kNsPerSecond);
  silent.advance(1, 2);
}

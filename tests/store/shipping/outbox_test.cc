// Windows that wait on the disk for an endpoint: what was appended is read, through restarts, torn ends and damage.
#include "store/shipping/outbox.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>

#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

constexpr TimeMs kMinute = 60'000;
constexpr TimeMs kFirst = 1'795'439'400'000;

std::unique_ptr<Outbox> open_box(const std::string& folder, std::uint64_t bytes_max = 64u << 20,
                                 std::uint64_t segment = 1u << 20) {
  auto box = Outbox::open({folder, bytes_max, segment});
  REQUIRE(box);
  return std::move(*box);
}

// `from` to `to`, each with a value that tells it.
ShippedWindow window_of(TimeMs end, int from, int to, std::uint64_t salt = 0) {
  ShippedWindow out;
  out.end = end;
  for (int i = from; i < to; ++i) {
    out.samples.push_back({Labels::of("m", {{"i", fmt::format("{:05}", i)}}),
                           static_cast<double>(end / kMinute % 1000) + i * 0.25, MetricType::gauge, 0, end});
    if ((static_cast<std::uint64_t>(i) + salt) % 7 == 0) out.samples.back().start = end - 1000 - i;
    if ((static_cast<std::uint64_t>(i) + salt) % 11 == 0) out.samples.back().value = stale_marker();
  }
  return out;
}

bool same(const ShippedWindow& a, const ShippedWindow& b) {
  if (a.end != b.end || a.samples.size() != b.samples.size()) return false;
  for (std::size_t i = 0; i < a.samples.size(); ++i) {
    const ShippedSample &x = a.samples[i], &y = b.samples[i];
    if (x.labels != y.labels || x.type != y.type || x.start != y.start || x.t != y.t) return false;
    if (std::bit_cast<std::uint64_t>(x.value) != std::bit_cast<std::uint64_t>(y.value)) return false;
  }
  return true;
}

std::vector<TimeMs> ends_of(const Outbox& box) {
  std::vector<TimeMs> out;
  for (auto at = box.next(0); at; at = box.next(*at)) out.push_back(*at);
  return out;
}

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("outbox: what was appended is read, whatever series come and go, however often it is opened anew") {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    test::TempDir dir;
    auto box = open_box(dir / "box", 64u << 20, 1u << (10 + random() % 8));
    std::map<TimeMs, ShippedWindow> held;
    TimeMs end = kFirst;
    for (int step = 0; step < 60; ++step) {
      end += kMinute * (1 + static_cast<int>(random() % 3));
      const int from = static_cast<int>(random() % 40);
      held[end] = window_of(end, from, from + static_cast<int>(random() % 60), random());
      REQUIRE(box->append(held[end]));
      if (random() % 5 == 0) box = open_box(dir / "box");
      // Any of them, in any order.
      auto at = held.begin();
      std::advance(at, static_cast<long>(random() % held.size()));
      CHECK(same(box->read(at->first).value(), at->second));
    }
    CHECK(box->windows() == held.size());
    CHECK(box->last() == held.rbegin()->first);
    for (const auto& [t, window] : held) CHECK(same(box->read(t).value(), window));
    CHECK(box->damaged() == 0);
    CHECK(box->unnamed() == 0);
  }
}

TEST_CASE("outbox: the next window is the first that ends later, and what was sent is forgotten by whole segments") {
  test::TempDir dir;
  auto box = open_box(dir / "box", 64u << 20, 2000);
  for (int i = 1; i <= 50; ++i) REQUIRE(box->append(window_of(kFirst + i * kMinute, 0, 40)));
  CHECK(box->next(0) == kFirst + kMinute);
  CHECK(box->next(kFirst + kMinute) == kFirst + 2 * kMinute);
  CHECK_FALSE(box->next(kFirst + 50 * kMinute));
  const std::uint64_t all = box->bytes();
  box->forget(kFirst + 25 * kMinute);
  CHECK(box->bytes() < all * 2 / 3);
  CHECK(*box->next(0) <= kFirst + 26 * kMinute);
  CHECK(same(box->read(kFirst + 26 * kMinute).value(), window_of(kFirst + 26 * kMinute, 0, 40)));
  CHECK(box->end_of_lost() == 0);
  box->forget(kFirst + 50 * kMinute);
  CHECK(box->windows() == 0);
  CHECK(files_of(dir / "box").empty());
  // And it goes on.
  REQUIRE(box->append(window_of(kFirst + 51 * kMinute, 3, 9)));
  CHECK(same(box->read(kFirst + 51 * kMinute).value(), window_of(kFirst + 51 * kMinute, 3, 9)));
}

TEST_CASE("outbox: it never takes more than its bytes; the oldest windows make room, and it is known which") {
  test::TempDir dir;
  auto box = open_box(dir / "box", 60'000, 6000);
  for (int i = 1; i <= 400; ++i) {
    REQUIRE(box->append(window_of(kFirst + i * kMinute, 0, 100)));
    std::uint64_t on_disk = 0;
    for (const std::string& file : files_of(dir / "box")) on_disk += std::filesystem::file_size(file);
    CHECK(on_disk == box->bytes());
    CHECK(on_disk <= 60'000);
  }
  const TimeMs first = *box->next(0);
  CHECK(first > kFirst + 200 * kMinute);
  CHECK(box->end_of_lost() == first - kMinute);
  CHECK(box->last() == kFirst + 400 * kMinute);
  for (const TimeMs t : ends_of(*box)) CHECK(same(box->read(t).value(), window_of(t, 0, 100)));
}

TEST_CASE("outbox: a file that ends anywhere holds the windows that are whole in it, and new ones go to another") {
  test::TempDir dir;
  {
    auto box = open_box(dir / "box");
    for (int i = 1; i <= 3; ++i) REQUIRE(box->append(window_of(kFirst + i * kMinute, 0, 5 + i)));
  }
  const std::string file = files_of(dir / "box").at(0);
  const std::string whole = read_file(file).value();
  std::size_t most = 0;
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    REQUIRE(::truncate(file.c_str(), 0) == 0);
    REQUIRE(replace_file(file, whole.substr(0, n)));
    auto box = open_box(dir / "box");
    const auto ends = ends_of(*box);
    CHECK(ends.size() >= most);
    most = ends.size();
    for (const TimeMs t : ends) CHECK(same(box->read(t).value(), window_of(t, 0, 5 + static_cast<int>((t - kFirst) / kMinute))));
    const TimeMs next = kFirst + 9 * kMinute;
    REQUIRE(box->append(window_of(next, 0, 3)));
    CHECK(files_of(dir / "box").size() == 2);
    auto again = open_box(dir / "box");
    CHECK(same(again->read(next).value(), window_of(next, 0, 3)));
    CHECK(again->windows() == ends.size() + 1);
    REQUIRE(std::filesystem::remove(files_of(dir / "box").back()));
  }
  CHECK(most == 3);
}

TEST_CASE("outbox: a damaged byte costs the record that it is in, and no value is ever wrong") {
  test::TempDir dir;
  constexpr int kWindows = 6;
  const auto window = [](TimeMs t) { return window_of(t, 0, 4 + static_cast<int>((t - kFirst) / kMinute)); };
  {
    auto box = open_box(dir / "box");
    for (int i = 1; i <= kWindows; ++i) REQUIRE(box->append(window(kFirst + i * kMinute)));
  }
  const std::string file = files_of(dir / "box").at(0);
  const std::string whole = read_file(file).value();
  std::size_t windows_lost = 0, names_lost = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ (1 << (at % 8)));
    REQUIRE(replace_file(file, bent));
    auto box = open_box(dir / "box");
    if (at < 24) {  // the segment's own header: nothing of it can be trusted
      CHECK(box->windows() == 0);
      continue;
    }
    CHECK(box->windows() >= kWindows - 1);
    windows_lost += kWindows - box->windows();
    for (const TimeMs t : ends_of(*box)) {
      const ShippedWindow read = box->read(t).value(), wanted = window(t);
      if (box->unnamed() == 0) {
        CHECK(same(read, wanted));
        continue;
      }
      ++names_lost;
      for (const ShippedSample& s : read.samples) {
        const auto found = std::find_if(wanted.samples.begin(), wanted.samples.end(),
                                        [&](const ShippedSample& w) { return w.labels == s.labels; });
        REQUIRE(found != wanted.samples.end());
        CHECK(std::bit_cast<std::uint64_t>(found->value) == std::bit_cast<std::uint64_t>(s.value));
      }
    }
  }
  CHECK(windows_lost > 0);
  CHECK(names_lost > 0);
}

TEST_CASE("outbox: a disk that takes no more is an error, nothing that was in is lost, and it works again when there is room") {
  test::TempDir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    auto box = open_box(dir / "box");
    bool good = box->append(window_of(kFirst, 0, 200)).has_value();
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit small{box->bytes() + 100, limit.rlim_max};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    // However often it is tried, nothing is left of it.
    for (int i = 0; i < 5; ++i) (void)box->append(window_of(kFirst + kMinute, 0, 400));
    const auto refused = box->append(window_of(kFirst + kMinute, 0, 400));
    std::uint64_t on_disk = 0;
    for (const std::string& file : files_of(dir / "box")) on_disk += std::filesystem::file_size(file);
    good = good && on_disk == box->bytes() && files_of(dir / "box").size() == 1;
    good = good && !refused && refused.error().message.find(dir / "box") != std::string::npos && box->last() == kFirst;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    good = good && box->append(window_of(kFirst + kMinute, 0, 400)).has_value();
    good = good && same(box->read(kFirst).value(), window_of(kFirst, 0, 200)) &&
           same(box->read(kFirst + kMinute).value(), window_of(kFirst + kMinute, 0, 400));
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  auto box = open_box(dir / "box");
  CHECK(box->windows() == 2);
  CHECK(same(box->read(kFirst + kMinute).value(), window_of(kFirst + kMinute, 0, 400)));
}

TEST_CASE("outbox: the kill of a writer at any moment leaves every window that append() has told of") {
  test::TempDir dir;
  std::mt19937 random(5);
  TimeMs done = kFirst;
  for (int round = 0; round < 8; ++round) {
    int pipe_fds[2];
    REQUIRE(::pipe(pipe_fds) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto box = Outbox::open({dir / "box", 64u << 20, 20'000});
      for (TimeMs t = std::max(done, box ? (*box)->last() : 0) + kMinute; box; t += kMinute) {
        if (!(*box)->append(window_of(t, 0, 50))) break;
        if (::write(pipe_fds[1], &t, sizeof t) != sizeof t) break;
      }
      ::_exit(1);
    }
    ::close(pipe_fds[1]);
    // Of every other one the first window is waited for, however slow the disk is.
    if (TimeMs t = 0; round % 2 == 1 && ::read(pipe_fds[0], &t, sizeof t) == sizeof t) done = t;
    ::usleep(static_cast<useconds_t>(2000 + random() % 30000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (TimeMs t; ::read(pipe_fds[0], &t, sizeof t) == sizeof t;) done = t;
    ::close(pipe_fds[0]);
    auto box = open_box(dir / "box");
    CHECK(box->last() >= done);
    done = box->last();
    for (const TimeMs t : ends_of(*box)) CHECK(same(box->read(t).value(), window_of(t, 0, 50)));
  }
  CHECK(done > kFirst);
}

TEST_CASE("outbox: a window of a node takes a few bytes a sample") {
  test::TempDir dir;
  auto box = open_box(dir / "box");
  std::mt19937_64 random(1);
  std::size_t samples = 0;
  for (int w = 1; w <= 60; ++w) {
    ShippedWindow window;
    window.end = kFirst + w * kMinute;
    for (int i = 0; i < 1000; ++i) {
      const double value = i % 3 == 0   ? static_cast<double>(random() % 100)
                           : i % 3 == 1 ? 1e6 + w * 1000.0 + i
                                        : static_cast<double>(random() % 1'000'000) / 60.0;
      window.samples.push_back(
          {Labels::of("node_metric_total", {{"cpu", fmt::format("{}", i % 64)}, {"mode", fmt::format("m{}", i / 64)}}), value,
           MetricType::counter, 0, window.end});
    }
    REQUIRE(box->append(window));
    samples += window.samples.size();
  }
  CHECK(static_cast<double>(box->bytes()) / static_cast<double>(samples) < 8);
}

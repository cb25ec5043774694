// The whole store under threads: writers, the sealer with a ring so small that it wraps, readers in the agent and of its files. Every
// sample says which series and row it is, so that a torn, mixed, repeated or missing row shows. For ThreadSanitizer above all.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>

#include "store/store.h"
#include "store/window/dir_store.h"
#include "tests/store/telling_rows.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

// What one group writes.
struct Plan {
  test::TellingRows rows;
  std::uint64_t head_rows;  // its head's capacity
  std::uint64_t row_count;
};

struct Progress {
  std::atomic<std::uint64_t> published{0};   // by the writer, release, after the row; readers acquire: these rows must be there
  std::atomic<std::uint64_t> maintained{0};  // by the sealer, release: rows that were published before its last round began
};

class Stress {
 public:
  explicit Stress(std::uint64_t rows)
      : plans_{{{{"fast", 1000}, 256, rows}, {{"mid", 10'000}, 32, rows / 4}, {{"slow", 30'000}, 8, rows / 8}}} {
    StoreOptions options;
    options.dirs = dirs_;
    options.budget_bytes = 1 << 20;
    auto opened = Store::open(std::move(options));
    if (!opened) FAIL(opened.error().message);
    store_ = std::move(*opened);
  }

  void run() {
    std::vector<std::thread> writers, others;
    for (std::size_t g = 0; g < plans_.size(); ++g) writers.emplace_back([this, g] { write(g); });
    others.emplace_back([this] { maintain(); });
    for (std::uint64_t seed = 1; seed <= 2; ++seed) others.emplace_back([this, seed] { read_store(seed); });
    others.emplace_back([this] { read_files(); });
    for (auto& t : writers) t.join();
    done_ = true;
    wake_sealer();
    for (auto& t : others) t.join();
  }

  // Called when all threads have ended.
  void check_end() {
    CHECK(wrong_ == "");
    CHECK(answers_ > 20);
    const StoreStats stats = store_->stats();
    CHECK(stats.lost_rows == 0);
    CHECK(stats.damaged_blocks == 0);
    for (std::size_t g = 0; g < plans_.size(); ++g) look(*store_, g, 0);
    CHECK(store_->seal_all());
    for (std::size_t g = 0; g < plans_.size(); ++g) look(*store_, g, 0);
    CHECK(wrong_ == "");
    const auto all = store_->select({}, {0, 1'000'000'000'000}, {});
    REQUIRE(all);
    CHECK(all->samples > 100'000);
    WARN(rounds_ << " rounds, " << answers_ << " answers checked, " << samples_ << " samples, " << overwritten_
                 << " rows overwritten while a reader looked");
  }
  // The first group alone is more than the ring holds.
  bool wrapped() const { return plans_[0].rows.check(*store_, {.published = plans_[0].row_count}).oldest > 0; }

 private:
  void write(std::size_t g) {
    const Plan& plan = plans_[g];
    Progress& progress = progress_[g];
    auto group = store_->group(plan.rows.group, plan.rows.interval_ms);
    for (std::uint64_t row = 0; row < plan.row_count && !failed_; ++row) {
      // No group ends long before the first one does: the small ring would be written over its newest rows.
      const std::uint64_t others = plans_[0].row_count / 20;
      while (g > 0 && !failed_ &&
             row * plans_[0].row_count > (progress_[0].published.load(std::memory_order_relaxed) + others) * plan.row_count)
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      // Half a head ahead of the sealer, not more: no row is lost, and those that are overwritten are so under readers' eyes.
      for (std::uint64_t at = 0;
           !failed_ && row - (at = progress.maintained.load(std::memory_order_acquire)) >= plan.head_rows / 2;)
        progress.maintained.wait(at, std::memory_order_acquire);
      if (auto ok = plan.rows.write(*group, row); !ok) return fail(ok.error().message);
      progress.published.store(row + 1, std::memory_order_release);
      wake_sealer();
    }
  }

  void wake_sealer() {
    work_.fetch_add(1, std::memory_order_release);
    work_.notify_one();
  }

  void maintain() {
    for (std::uint64_t seen = 0; !done_ && !failed_;) {
      work_.wait(seen, std::memory_order_acquire);
      seen = work_.load(std::memory_order_acquire);
      std::array<std::uint64_t, 3> before{};
      for (std::size_t g = 0; g < before.size(); ++g) before[g] = progress_[g].published.load(std::memory_order_acquire);
      if (auto ok = store_->maintain(); !ok) fail(ok.error().message);
      end_round(before);
    }
    end_round({~0ull >> 1, ~0ull >> 1, ~0ull >> 1});  // whoever still waits sees that it is over
  }
  void end_round(const std::array<std::uint64_t, 3>& maintained) {
    for (std::size_t g = 0; g < maintained.size(); ++g) {
      progress_[g].maintained.store(maintained[g], std::memory_order_release);
      progress_[g].maintained.notify_all();
    }
    rounds_.fetch_add(1, std::memory_order_release);
    rounds_.notify_all();
  }

  // Readers take so many looks a round of the sealer, so that they do not starve the others where there are few cores.
  void read_store(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::uint64_t round = 0; !done_ && !failed_; round = next_round(round)) {
      for (int i = 0; i < 4; ++i) look(*store_, random() % plans_.size(), random() % 32 == 0 ? 0 : 1 + random() % 600);
    }
  }
  void read_files() {
    for (std::uint64_t round = 0; !done_ && !failed_;) {
      auto files = DirStore::open(dirs_);
      if (!files) return fail(files.error().message);
      // Looks at what it knows already, and at files that come and go, too.
      for (std::size_t i = 0; i < 12 && !done_ && !failed_; ++i, round = next_round(round)) {
        for (std::size_t g = 0; g < plans_.size(); ++g) look(**files, g, i == 0 ? 0 : 400);
        for (const std::string& problem : (*files)->problems()) fail(problem);
      }
    }
  }
  std::uint64_t next_round(std::uint64_t last) {
    rounds_.wait(last, std::memory_order_acquire);
    return rounds_.load(std::memory_order_acquire);
  }

  // Asks for the newest `last` rows of a group (0: for all) and checks the answer.
  void look(const Queryable& q, std::size_t g, std::uint64_t last) {
    const Plan& plan = plans_[g];
    const std::uint64_t before = progress_[g].published.load(std::memory_order_acquire);
    if (before == 0) return;
    test::TellingRows::Expected e;
    e.from = last == 0 || last > before ? 0 : before - last;
    e.published = before;
    e.head_rows = plan.head_rows;
    // Asked after the look. One more than it says: a row is counted after it is published.
    const auto now = [&] { return progress_[g].published.load(std::memory_order_acquire) + 1; };
    const auto found = plan.rows.check(q, e, now);
    if (!found.wrong.empty()) return fail(found.wrong);
    overwritten_ += found.overwritten;
    samples_ += found.samples;
    ++answers_;
  }

  void fail(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (wrong_.empty()) wrong_ = what;
    failed_ = true;
    wake_sealer();
  }

  test::TempDir dir_ = test::TempDir::in_memory();
  StoreDirs dirs_{dir_ / "state", dir_ / "run"};
  std::unique_ptr<Store> store_;
  std::array<Plan, 3> plans_;
  std::array<Progress, 3> progress_;
  std::atomic<std::uint64_t> work_{0};    // rows published, and once for the end: release; the sealer waits for more, acquire
  std::atomic<std::uint64_t> rounds_{0};  // of the sealer: release; readers wait for the next, acquire
  std::atomic<bool> done_{false}, failed_{false};
  std::atomic<std::uint64_t> answers_{0}, samples_{0}, overwritten_{0};
  std::mutex mutex_;   // guards wrong_
  std::string wrong_;  // the first thing that was
};

}  // namespace

TEST_CASE("under writers, sealer and readers at once every answer is whole: no row torn, twice or missing") {
  Stress stress(80'000);
  stress.run();
  stress.check_end();
  CHECK(stress.wrapped());
}

// How long `tacho top` takes over a node's last hour: to its first page, each second, a screen back, a zoom, a page of one thing.
//   build/bench/top_scroll_bench --state DIR --runtime DIR [--width 160] [--height 50] [--rounds 20]
//
// Data     an agent's folders: of one that runs (it is not asked, its files are read), or what fill_node_bench left.
// Shows    milliseconds, median and p99 over the rounds (or over the screens of an hour), of what a key press costs: asking and laying out;
//          by the clock, and of processor time, which other programs do not lengthen.
// Checks   each page has rows with values.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "bench/options.h"
#include "tools/answers/data.h"
#include "tools/top/list.h"
#include "tools/top/model.h"
#include "tools/top/pages/page.h"

namespace tacho::bench {
namespace {

using namespace tacho::tools;

struct Took {
  double ms = 0, cpu_ms = 0;
};

Took ms_of(const std::function<void()>& what) {
  const auto cpu = [] {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
  };
  const double cpu_begin = cpu();
  const auto begin = std::chrono::steady_clock::now();
  what();
  return {std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count(), cpu() - cpu_begin};
}

void report(const std::string& what, const std::vector<Took>& took) {
  const auto at = [&](double Took::* of, double share) {
    std::vector<double> sorted;
    for (const Took& t : took) sorted.push_back(t.*of);
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty()
               ? 0
               : sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
  };
  fmt::print("{:34} {:5} times  ms: median {:7.2f}  p99 {:7.2f}  processor's: median {:7.2f}  p99 {:7.2f}\n", what, took.size(),
             at(&Took::ms, 0.5), at(&Took::ms, 0.99), at(&Took::cpu_ms, 0.5), at(&Took::cpu_ms, 0.99));
}

struct Node {
  std::unique_ptr<store::Queryable> store;
  std::unique_ptr<TopData> data;
  std::unique_ptr<TopModel> model;
  TopState state;
  TopView view;
  std::string problem;

  // What a key press leads to: asking, laying out.
  void show(bool hurried) {
    state.time.set_columns(top_page_columns(state));
    auto next = model->refresh({state.time, state.subject, false, hurried});
    if (!next) {
      problem = next.error().message;
      return;
    }
    view = std::move(*next);
    state.time.set_reach(view.oldest, view.newest.value_or(view.now));
    const TopPage page = top_page(view, state);
    const bool empty = state.subject.is_overview()
                           ? std::none_of(view.rows.begin(), view.rows.end(), [](const TopRow& r) { return r.max; })
                           : view.detail.charts.empty();
    if (empty || page.lines.size() != state.height) problem = "a page has no values";
  }
};

Result<Node> open(const DataChoice& choice, const Options& options) {
  Node n;
  auto store = open_data(choice);
  if (!store) return std::unexpected(store.error());
  n.store = std::move(*store);
  n.data = top_over_store(*n.store, "node");
  n.model = std::make_unique<TopModel>(*n.data);
  n.state.width = options.number("width").value_or(160);
  n.state.height = options.number("height").value_or(50);
  return n;
}

Result<void> run(const Options& options) {
  DataChoice choice;
  choice.state = options.text("state");
  choice.runtime = options.text("runtime");
  const auto rounds = options.number("rounds");
  if (!rounds) return std::unexpected(rounds.error());
  std::vector<Took> first, second, back, zoom, wide, device, events;
  std::string extent, problem;
  for (std::size_t round = 0; round < *rounds; ++round) {
    Result<Node> opened = failure("");
    first.push_back(ms_of([&] {
      opened = open(choice, options);
      if (opened) opened->show(false);
    }));
    if (!opened) return std::unexpected(opened.error());
    Node& n = *opened;
    for (int i = 0; i < 5; ++i) second.push_back(ms_of([&] { n.show(false); }));
    while (n.state.time.cursor() > n.state.time.oldest() && back.size() < 2000) {
      n.state.time.page(-1);
      back.push_back(ms_of([&] { n.show(true); }));
    }
    n.state.time.go_live();
    n.show(true);
    for (int i = 0; i < 6; ++i) {
      n.state.time.zoom(-1);
      (i < 5 ? zoom : wide).push_back(ms_of([&] { n.show(true); }));
    }
    n.state.time.set_step(kSecondMs);
    n.show(true);
    const TopList list = top_list(n.view, n.state);
    if (!list.items.empty()) {
      n.state.subject = subject_of(*list.items.front().row);
      device.push_back(ms_of([&] { n.show(true); }));
    }
    events.push_back(ms_of([&] { (void)n.data->events(n.view.oldest, *n.view.newest, 1000); }));
    if (n.view.extent) extent = fmt::format("{} series, {} minutes", n.view.extent->series, n.view.extent->window_ms / 60'000);
    if (!n.problem.empty()) problem = n.problem;
  }
  fmt::print("{}; {}x{}\n", extent, options.text("width"), options.text("height"));
  report("from nothing to the first page", first);
  report("the next second", second);
  report("a screen back, at 1 s", back);
  report("a zoom out, to 2, 5, 10, 15, 30 s", zoom);
  report("a zoom out to 1 m", wide);
  report("a page of one thing", device);
  report("the events of the window", events);
  if (!problem.empty()) return failure("{}", problem);
  return {};
}

}  // namespace
}  // namespace tacho::bench

int main(int argc, char** argv) {
  const auto options = tacho::bench::Options::parse(
      argc, argv, {{"state", "FOLDER"}, {"runtime", "FOLDER"}, {"width", "160"}, {"height", "50"}, {"rounds", "20"}});
  if (!options) return fmt::print(stderr, "top_scroll_bench: {}\n", options.error()), 2;
  const auto done = tacho::bench::run(*options);
  if (!done) return fmt::print(stderr, "top_scroll_bench: {}\n", done.error()), 1;
  return 0;
}

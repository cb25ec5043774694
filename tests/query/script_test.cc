#include "script.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "almost.h"
#include "proto/base/duration.h"
#include "proto/base/file.h"
#include "proto/base/number.h"
#include "query/language/ast.h"
#include "query/language/functions.h"

namespace tacho::query {
namespace {

std::string trim(const std::string& s) {
  const auto begin = s.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return s.substr(begin, s.find_last_not_of(" \t\r") - begin + 1);
}

// One value of a load or result line: 5, 0+1x4, 3x2, stale, _, _x3. Absent values are nullopt.
void expand(const std::string& token, std::vector<std::optional<double>>& out) {
  const auto times_at = token.rfind('x');
  const std::size_t times = times_at == std::string::npos ? 0 : std::stoul(token.substr(times_at + 1));
  const std::string body = token.substr(0, times_at);
  if (body == "_") {
    out.insert(out.end(), std::max<std::size_t>(times, 1), std::nullopt);
    return;
  }
  if (body == "stale") {
    out.insert(out.end(), times + 1, stale_marker());
    return;
  }
  std::size_t sign = body.find_first_of("+-", 1);
  while (sign != std::string::npos && (body[sign - 1] == 'e' || body[sign - 1] == 'E')) sign = body.find_first_of("+-", sign + 1);
  const auto first = parse_number(body.substr(0, sign));
  const auto add = sign == std::string::npos ? 0.0 : parse_number(body.substr(sign));
  REQUIRE(first);
  REQUIRE(add);
  double v = *first;
  for (std::size_t i = 0; i <= times; ++i, v += *add) out.emplace_back(v);
}

class Script {
 public:
  explicit Script(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      line = trim(line);
      lines_.push_back(line.starts_with("#") ? "" : line);
    }
  }

  std::vector<std::string> run() {
    for (at_ = 0; at_ < lines_.size();) {
      const std::string& line = lines_[at_];
      if (line.empty()) {
        ++at_;
      } else if (line == "clear") {
        store_ = TestStore();
        ++at_;
      } else if (line.starts_with("load ")) {
        load();
      } else if (line.starts_with("eval ")) {
        check(read_eval());
      } else {
        problem(static_cast<int>(at_++) + 1, "not understood: " + line);
      }
    }
    return problems_;
  }

 private:
  void problem(int line, const std::string& text) { problems_.push_back("line " + std::to_string(line) + ": " + text); }

  std::pair<Labels, std::vector<std::optional<double>>> series_line(const std::string& line) {
    const auto brace = line.find('{');
    const auto space = line.find_first_of(" \t");
    const auto end = brace != std::string::npos && brace < space ? line.find('}', brace) + 1 : space;
    std::string selector = line.substr(0, end);
    Labels labels;
    if (selector != "{}") {
      const auto matchers = parse_matchers(selector);
      REQUIRE(matchers);
      for (const auto& m : *matchers) labels.set(m.label(), m.value());
    }
    std::vector<std::optional<double>> values;
    std::istringstream tokens(line.substr(end));
    for (std::string token; tokens >> token;) expand(token, values);
    return {labels, values};
  }

  void load() {
    const auto step = parse_duration(trim(lines_[at_].substr(5)));
    REQUIRE(step);
    for (++at_; at_ < lines_.size() && !lines_[at_].empty(); ++at_) {
      const auto [labels, values] = series_line(lines_[at_]);
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]) store_.add(labels, static_cast<TimeMs>(i) * *step, *values[i]);
      }
    }
  }

  static TimeMs take_time(std::string& rest) {
    const auto space = rest.find(' ');
    const auto t = parse_duration_or_seconds(rest.substr(0, space));
    REQUIRE(t);
    rest = trim(rest.substr(space));
    return *t;
  }
  static void take_word(std::string& rest, const std::string& word) {
    REQUIRE(rest.starts_with(word));
    rest = trim(rest.substr(word.size()));
  }

  Eval read_eval() {
    Eval e;
    e.line = static_cast<int>(at_) + 1;
    std::string rest = trim(lines_[at_++].substr(5));
    e.instant = rest.starts_with("instant");
    take_word(rest, e.instant ? "instant" : "range");
    take_word(rest, e.instant ? "at" : "from");
    e.start = e.end = take_time(rest);
    if (!e.instant) {
      take_word(rest, "to");
      e.end = take_time(rest);
      take_word(rest, "step");
      e.step = take_time(rest);
    }
    e.query = rest;
    for (; at_ < lines_.size() && !lines_[at_].empty(); ++at_) read_expectation(e, lines_[at_]);
    return e;
  }

  void read_expectation(Eval& e, const std::string& line) {
    const auto tail = [&line](const std::string& head) { return trim(line.substr(head.size())); };
    if (line == "expect ordered") {
      e.ordered = true;
    } else if (line == "expect no_warn") {
      e.no_warnings = true;
    } else if (line == "expect no_info") {
      e.no_infos = true;
    } else if (line.starts_with("expect fail")) {
      e.fails = true;
      e.fail_message = tail("expect fail");
    } else if (line.starts_with("expect warn")) {
      e.warnings.push_back(tail("expect warn"));
    } else if (line.starts_with("expect info")) {
      e.infos.push_back(tail("expect info"));
    } else if (const auto number = parse_number(line)) {
      e.is_scalar = true;
      e.rows.push_back({Labels{}, {{e.start, *number}}});
    } else {
      const auto [labels, values] = series_line(line);
      ScriptRow row{labels, {}};
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]) row.points.push_back({e.start + static_cast<TimeMs>(i) * e.step, *values[i]});
      }
      e.rows.push_back(std::move(row));
    }
  }

  void check(const Eval& e) {
    const Result r =
        e.instant ? engine_.instant(store_, e.query, e.start) : engine_.range(store_, e.query, e.start, e.end, e.step);
    if (e.fails) {
      if (r) return problem(e.line, "succeeded: " + e.query);
      if (r.error().message.find(e.fail_message) == std::string::npos) problem(e.line, "another error: " + r.error().message);
      return;
    }
    if (!r) return problem(e.line, e.query + ": " + r.error().message);
    check_notes(e, *r);
    compare(e, *r, e.start, e.ordered, "");
    check_print(e);
    if (!e.instant || e.ordered) return;
    check_as_step(e);
    check_pinned(e);
  }

  void check_notes(const Eval& e, const QueryResult& r) {
    const auto contains = [&](const std::vector<std::string>& notes, const std::string& text) {
      return std::any_of(notes.begin(), notes.end(), [&](const auto& n) { return n.find(text) != std::string::npos; });
    };
    for (const auto& text : e.warnings) {
      if (!contains(r.warnings, text)) problem(e.line, "no warning: " + text);
    }
    for (const auto& text : e.infos) {
      if (!contains(r.infos, text)) problem(e.line, "no info: " + text);
    }
    if (e.no_warnings && !r.warnings.empty()) problem(e.line, "warning: " + r.warnings.front());
    if (e.no_infos && !r.infos.empty()) problem(e.line, "info: " + r.infos.front());
  }

  // `at`: where instant values stand in r; only those are compared when the eval is an instant one.
  void compare(const Eval& e, const QueryResult& r, TimeMs at, bool ordered, const std::string& how) {
    std::vector<ScriptRow> got;
    for (const ResultSeries& s : r.series) {
      ScriptRow row{s.labels, {}};
      for (const Sample& p : s.points) {
        if (!e.instant) row.points.push_back(p);
        if (e.instant && p.t == at) row.points.push_back({e.start, p.v});
      }
      if (!row.points.empty()) got.push_back(std::move(row));
    }
    if (got.size() != e.rows.size()) {
      return problem(e.line, how + std::to_string(e.rows.size()) + " series wanted, got " + std::to_string(got.size()));
    }
    for (std::size_t i = 0; i < e.rows.size(); ++i) {
      const auto same = [&](const ScriptRow& g) { return g.labels == e.rows[i].labels; };
      const auto found = ordered ? got.begin() + static_cast<std::ptrdiff_t>(i) : std::find_if(got.begin(), got.end(), same);
      if (found == got.end() || !same(*found)) {
        problem(e.line, how + "no series " + e.rows[i].labels.to_string());
      } else {
        compare_points(e, e.rows[i], *found, how);
      }
    }
  }

  void compare_points(const Eval& e, const ScriptRow& want, const ScriptRow& got, const std::string& how) {
    const bool same = std::equal(want.points.begin(), want.points.end(), got.points.begin(), got.points.end(),
                                 [](const Sample& a, const Sample& b) { return a.t == b.t && almost_equal(a.v, b.v, 1e-12); });
    if (same) return;
    std::string text;
    for (const Sample& p : got.points) text += " " + api_number(p.v) + "@" + std::to_string(p.t);
    problem(e.line, how + want.labels.to_string() + " is" + text);
  }

  void check_print(const Eval& e) {
    const auto expr = parse(e.query);
    const std::string once = format(**expr);
    const auto again = parse(once);
    if (!again) return problem(e.line, "printed as " + once + ": " + again.error().message);
    if (format(**again) != once) problem(e.line, "printed as " + once + ", then as " + format(**again));
    const Result r = e.instant ? engine_.instant(store_, once, e.start) : engine_.range(store_, once, e.start, e.end, e.step);
    if (!r) return problem(e.line, "printed, it fails: " + r.error().message);
    compare(e, *r, e.start, e.ordered, "printed: ");
  }

  void check_as_step(const Eval& e) {
    if (asks_for_query_time(**parse(e.query))) return;
    const Result r = engine_.range(store_, e.query, e.start >= 2000 ? e.start - 2000 : e.start, e.start + 1000, 1000);
    if (!r) return problem(e.line, "as a range query: " + r.error().message);
    compare(e, *r, e.start, false, "as a range query: ");
  }

  void check_pinned(const Eval& e) {
    const auto expr = parse(e.query);
    std::vector<std::size_t> ends;
    if (asks_for_time(**expr) || !pins(**expr, ends) || ends.empty()) return;
    std::sort(ends.rbegin(), ends.rend());
    std::string pinned = e.query;
    std::string time;
    append_seconds(time, e.start);
    for (const std::size_t end : ends) pinned.insert(end, " @ " + time);
    for (const TimeMs at : {TimeMs{0}, e.start + 1'000'000}) {
      const Result r = engine_.instant(store_, pinned, at);
      if (!r) return problem(e.line, pinned + ": " + r.error().message);
      compare(e, *r, at, false, pinned + ": ");
    }
  }

  // Where an @ can be put: behind every outermost selector and subquery. False when one is there already.
  static bool pins(const Expr& e, std::vector<std::size_t>& ends) {
    const auto* v = e.as<VectorSelector>();
    const auto* m = e.as<MatrixSelector>();
    const auto* s = e.as<Subquery>();
    if (m) v = m->selector->as<VectorSelector>();
    if (v || s) {
      ends.push_back(e.span.end);
      return (v ? v->shift.at : s->shift.at) == AtKind::none;
    }
    const auto parts = children(e);
    return std::all_of(parts.begin(), parts.end(), [&ends](const Expr* part) { return pins(*part, ends); });
  }

  static bool any_function(const Expr& e, bool (*is)(FunctionId)) {
    if (const auto* c = e.as<Call>(); c && is(c->function->id)) return true;
    const auto parts = children(e);
    return std::any_of(parts.begin(), parts.end(), [is](const Expr* part) { return any_function(*part, is); });
  }
  static bool asks_for_query_time(const Expr& e) {
    return any_function(e, [](FunctionId id) {
      return id == FunctionId::start || id == FunctionId::end || id == FunctionId::step || id == FunctionId::range;
    });
  }
  static bool asks_for_time(const Expr& e) {
    return asks_for_query_time(e) || any_function(e, [](FunctionId id) {
             return id == FunctionId::time || id == FunctionId::timestamp || id == FunctionId::predict_linear ||
                    (id >= FunctionId::minute && id <= FunctionId::year);
           });
  }

  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  TestStore store_;
  Engine engine_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> run_script(const std::string& text) { return Script(text).run(); }

TEST_CASE("every script holds, also as a range query, pinned with @, and printed") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(TACHO_SOURCE_DIR) / "tests/query/scripts")) {
    const auto text = read_file(entry.path().string());
    REQUIRE(text);
    for (const std::string& problem : run_script(*text)) FAIL_CHECK(entry.path().filename().string() << " " << problem);
    ++count;
  }
  CHECK(count > 0);
}

TEST_CASE("the script runner finds what is wrong") {
  CHECK(run_script("load 1s\n  a 1x3\n\neval instant at 2s a\n  a 2\n").size() >= 1);
  CHECK(run_script("eval instant at 2s vector(1)\n  expect fail\n").size() == 1);
  CHECK(run_script("eval instant at 0 vector(1)\n  {} 1\n").empty());
}

}  // namespace tacho::query

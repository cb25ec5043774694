// Where `tacho top` gets its answers: this node's files or a loaded file through the query engine, or an agent over HTTP. Both
// answer the same PromQL, so that everything above this door is one code path.
//
// Threads  one at a time.
// Cost     local: reads files, the agent is not asked and does not notice; what all expressions need is read once. HTTP: one request
//          for all expressions together.
// Errors   each expression has its own; a server that cannot be reached is the error of all of them.
// Lifetime the store outlives what reads it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "query/engine/result.h"
#include "query/events/event.h"
#include "store/queryable.h"
#include "tools/top/data/columns.h"

namespace tacho::tools {

class TopData {
 public:
  virtual ~TopData() = default;

  struct Newest {
    std::optional<TimeMs> sample;  // nothing: there is no sample (over HTTP: none of the last five minutes)
    TimeMs now = 0;                // by the clock of whoever answers, so that an age is right on any machine
  };
  virtual Result<Newest> newest() = 0;

  // Without a time: as of now, by the clock of whoever answers.
  virtual Result<query::QueryResult> instant(const std::string& expr, std::optional<TimeMs> at) = 0;

  // answers[i] is that of exprs[i], at every whole second of the grid, without metrics' names: whether an expression keeps them may depend
  // on the grid. No expression looks further back than reach_ms from one.
  using Answer = Result<std::vector<TopSeries>>;
  using Answers = std::vector<Answer>;
  virtual Answers columns(std::span<const std::string> exprs, const TopGrid& grid, std::int64_t reach_ms) = 0;

  // How much there is, where it can be told without a query.
  struct Extent {
    std::size_t series = 0;  // with a sample in the last minute there is
    std::int64_t window_ms = 0;
  };
  virtual std::optional<Extent> extent() = 0;

  // What happened in [start, end], by time; at most so many of the newest.
  virtual Result<std::vector<query::Event>> events(TimeMs start, TimeMs end, std::size_t limit) = 0;

  // The report of a job's runs in [start, end], as tacho job prints it.
  virtual Result<std::string> job_text(const std::string& name, TimeMs start, TimeMs end) = 0;

  // What to call the node when its samples do not say.
  virtual std::string fallback_name() const = 0;
};

// is_identity: whether a label says whose a series is (job reports); empty: the usual ones.
std::unique_ptr<TopData> top_over_store(const store::Queryable& store, std::string fallback_name,
                                        const Clock& clock = system_clock(),
                                        std::function<bool(std::string_view)> is_identity = {});
std::unique_ptr<TopData> top_over_http(std::string url);

}  // namespace tacho::tools

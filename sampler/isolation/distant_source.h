// A source that works in a child, as the scheduler sees it: the same name, the same series, the same rows.
//
// Time     The child reads when it is asked, and this waits for it; so the scheduler's stamp, deadline and watch are what they would be if the
//          source worked here. A call that hangs in the child hangs this, until it returns or the agent ends (give_up()).
// Death    of the child: no row, with what it died of; at one of the next rows there is a new one, and the source is described anew. A child that
//          died while nothing was asked of it costs no row.
// Garbage  A child whose answer does not fit the question is not believed any more: it is ended, as if it had died.
// Cost     beside the source's own: two messages, and the cells copied.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sampler/accel/accel_state.h"
#include "sampler/isolation/child.h"
#include "sampler/source.h"

namespace tacho::sampler {

class DistantSource final : public Source {
 public:
  // `source`: the child's `place`-th, as the child has it; here it is only asked what it is called and how it is to be treated. `state`: null for
  // all but one of a device's sources.
  DistantSource(std::shared_ptr<const Source> source, std::shared_ptr<AccelState> state, std::shared_ptr<Child> child,
                std::size_t place, const Clock& clock = system_clock());

  std::string_view name() const override { return source_->name(); }
  std::string_view configured_as() const override { return source_->configured_as(); }
  std::int64_t default_interval_ms() const override { return source_->default_interval_ms(); }
  std::int64_t settling_ms() const override { return source_->settling_ms(); }
  bool on_by_default() const override { return source_->on_by_default(); }
  bool may_block() const override { return true; }
  void set_interval(std::int64_t ms) override { interval_ms_ = ms; }
  Result<void> describe(store::Schema& schema) override;
  Result<Sampled> sample(Row& row) override;
  void give_up() override { child_->give_up(); }

 private:
  // The answer's body lies in answer_. `life`: of the child that was asked.
  Result<Answer> ask(Asked asked, std::uint64_t& life);
  Result<Answer> exchange(const Child::Link& link, const Question& question);
  Result<Sampled> read(Row& row);

  const std::shared_ptr<const Source> source_;
  const std::shared_ptr<AccelState> state_;
  const std::shared_ptr<Child> child_;
  const std::size_t place_;
  const Clock& clock_;
  std::int64_t interval_ms_ = 0;
  std::uint64_t number_ = 0;          // of the last question
  std::uint64_t described_life_ = 0;  // in which what follows was described; 0: none
  std::size_t cells_ = 0;
  std::vector<std::byte> answer_;
};

}  // namespace tacho::sampler

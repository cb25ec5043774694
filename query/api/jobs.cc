// /api/v1/jobs: tacho's own; what jobs used of the node.
#include <charconv>

#include "query/api/handlers.h"
#include "query/jobs/job_json.h"
#include "query/jobs/job_text.h"

namespace tacho::query {
namespace {

// Of the terminal that a text is for; 0: none, and that is what anything else than a width is taken for.
std::size_t width_param(const HttpRequest& r) {
  constexpr std::size_t kWidthMax = 10'000;
  const std::string text(r.param("width").value_or(""));
  std::size_t width = 0;
  std::from_chars(text.data(), text.data() + text.size(), width);
  return std::min(width, kWidthMax);
}

}  // namespace

// `job`: runs of that name alone. `format=text`: as tacho job prints it, for a terminal of `width` columns if that is given.
ApiResult<HttpResponse> answer_jobs(const ApiContext& c, const HttpRequest& r) {
  const auto range = time_range_params(r);
  if (!range) return std::unexpected(range.error());
  const EngineOptions& engine = c.engine.options();
  const JobOptions options{.is_identity = c.options.is_identity_label,
                           .limits = {.samples_max = std::min(engine.samples_max, kJobSamplesMax)},
                           .now = c.now,
                           .timeout_ms = engine.timeout_ms,
                           .stop = r.abandoned};
  auto report = make_job_report(c.store, *range, options);
  if (!report) return std::unexpected(ApiError{report.error().message, "execution", 422});
  const auto job = r.param("job");
  if (r.param("format").value_or("") == "text") {
    const std::size_t width = width_param(r);
    std::string text = job ? job_pages(*report, *job, width) : job_table(*report, width);
    if (text.empty()) return std::unexpected(ApiError{fmt::format("there is no job '{}' in this time", *job), "not_found", 404});
    return HttpResponse{.content_type = "text/plain; charset=utf-8", .body = std::move(text)};
  }
  if (job) std::erase_if(report->runs, [&](const JobRun& run) { return !run.owner.is_called(*job); });
  return HttpResponse{.body = api_success_json([&](JsonText& out) { out.raw(job_json(*report)); })};
}

}  // namespace tacho::query

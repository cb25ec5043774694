#include "sampler/scrape/fetch.h"

#include <cerrno>

#include "proto/base/number.h"
#include "proto/gzip.h"

namespace tacho::sampler {
namespace {

// What Prometheus 2.42 sends.
constexpr char kAccept[] =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

}  // namespace

HttpPageFetcher::HttpPageFetcher(const ScrapeTarget& target)
    : url_(target.url.to_string()),
      auth_(target.auth),
      compressed_(target.compressed),
      body_bytes_max_(target.limits.body_bytes),
      client_(target.url, target.tls) {}

void HttpPageFetcher::set_timeout(std::int64_t ms) {
  timeout_ms_ = ms;
  std::string seconds;
  append_seconds(seconds, ms);
  headers_ = {{"Accept", kAccept},
              {"Accept-Encoding", compressed_ ? "gzip" : "identity"},
              {"X-Prometheus-Scrape-Timeout-Seconds", seconds}};
}

ScrapeFailure HttpPageFetcher::failed(ScrapeFault fault, std::string_view what) const {
  return {fault, fmt::format("GET {}: {}", url_, what)};
}

std::expected<TextFormat, ScrapeFailure> HttpPageFetcher::fetch(std::string& page) {
  const auto authorization = authorization_header(auth_);
  if (!authorization) return std::unexpected(failed(ScrapeFault::no_answer, authorization.error().message));
  auto headers = headers_;
  if (!authorization->empty()) headers.emplace_back("Authorization", *authorization);
  if (!compressed_) client_.reuse(std::move(page));
  auto answer = client_.send("GET", "", headers, "", timeout_ms_, body_bytes_max_);
  if (answer) return take(std::move(*answer), page);
  const int why = answer.error().sys_errno;
  return std::unexpected(ScrapeFailure{why == ETIMEDOUT  ? ScrapeFault::timeout
                                       : why == EMSGSIZE ? ScrapeFault::body_size
                                                         : ScrapeFault::no_answer,
                                       std::move(answer.error().message)});
}

std::expected<TextFormat, ScrapeFailure> HttpPageFetcher::take(HttpResponse answer, std::string& page) {
  if (answer.status >= 300 && answer.status < 400) {
    return std::unexpected(failed(
        ScrapeFault::status, fmt::format("it answers {} and sends on to {}; redirects are not followed, so scrape that address",
                                         answer.status, header_value(answer.headers, "Location"))));
  }
  if (answer.status != 200)
    return std::unexpected(
        failed(ScrapeFault::status, fmt::format("it answers HTTP status {} {}", answer.status, status_text(answer.status))));
  if (has_token(header_value(answer.headers, "Content-Encoding"), "gzip")) {
    if (auto ok = gunzip(answer.body, body_bytes_max_, page); !ok)
      return std::unexpected(
          failed(page.size() > body_bytes_max_ ? ScrapeFault::body_size : ScrapeFault::text, ok.error().message));
  } else {
    std::swap(page, answer.body);
  }
  if (compressed_) client_.reuse(std::move(answer.body));
  const bool openmetrics = has_token(answer.content_type, "application/openmetrics-text");
  return openmetrics ? TextFormat::openmetrics : TextFormat::prometheus;
}

}  // namespace tacho::sampler

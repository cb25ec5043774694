// A target's page over HTTP: one kept connection, asked as Prometheus asks.
//
// Threads  one.
// Cost     blocks for at most the timeout, also when bytes only trickle in. A body's memory is used again for the next one.
// Errors   no answer in time, a status that is not 200, more bytes than the limit (unpacked); each names the URL.
#pragma once

#include <expected>
#include <string>

#include "proto/exposition.h"
#include "proto/http_client.h"
#include "sampler/scrape/account.h"
#include "sampler/scrape/target.h"

namespace tacho::sampler {

class PageFetcher {
 public:
  virtual ~PageFetcher() = default;
  // Told before the first fetch().
  virtual void set_timeout(std::int64_t ms) = 0;
  // Into `page`, whose memory may be taken for it. The format is what the answer says it is.
  virtual std::expected<TextFormat, ScrapeFailure> fetch(std::string& page) = 0;
};

class HttpPageFetcher final : public PageFetcher {
 public:
  explicit HttpPageFetcher(const ScrapeTarget& target);
  void set_timeout(std::int64_t ms) override;
  std::expected<TextFormat, ScrapeFailure> fetch(std::string& page) override;

 private:
  std::expected<TextFormat, ScrapeFailure> take(HttpResponse answer, std::string& page);
  ScrapeFailure failed(ScrapeFault fault, std::string_view what) const;

  std::string url_;
  HttpAuth auth_;
  bool compressed_;
  std::size_t body_bytes_max_;
  std::int64_t timeout_ms_ = 0;
  HttpClient client_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace tacho::sampler

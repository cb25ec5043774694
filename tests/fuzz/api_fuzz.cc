// Any request gets an answer: a status that there is, and where it says JSON, JSON of the API's envelope; streamed reads that decode.
// The input is what a client might send: METHOD TARGET, headers a line each, an empty line, the body.
#include <boost/json.hpp>
#include <cstdlib>

#include "query/api/api.h"
#include "store/memory_store.h"

namespace {

using namespace tacho;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// False for what the transport would have refused.
bool read_request(std::string_view text, HttpRequest& r) {
  const std::string_view first = take_line(text);
  const std::size_t space = first.find(' ');
  if (space == std::string_view::npos) return false;
  r.method = first.substr(0, space);
  if (!parse_target(first.substr(space + 1), r)) return false;
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) r.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  r.body = text;
  if (r.method == "POST" && has_token(r.header("Content-Type"), "application/x-www-form-urlencoded")) parse_form(r.body, r.query);
  return true;
}

void check(bool good) {
  if (!good) std::abort();
}

void check_json(const HttpResponse& response) {
  boost::system::error_code ec;
  const auto value = boost::json::parse(response.body, ec);
  check(!ec && value.is_object());
  const auto* status = value.as_object().if_contains("status");
  check(status != nullptr && status->is_string());
  const bool good = status->as_string() == "success";
  check(good == (response.status == 200));
  check(value.as_object().contains(good ? "data" : "errorType"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  static const auto store = store::MemoryStore::parse(
                                "# TYPE a counter\n# HELP a Help.\na{b=\"c\"} 1 1\na{b=\"c\"} 2 2\na{b=\"d\"} 3 2\n"
                                "h_bucket{le=\"1\"} 1 1\nh_bucket{le=\"+Inf\"} 2 1\nx{y=\"\\\"<\\n\"} NaN 1\n# EOF\n",
                                "fuzz")
                                .value();
  static const query::Api api(store, {.engine = {.samples_max = 100'000, .steps_max = 50, .timeout_ms = 1000},
                                      .now = [] { return TimeMs{3000}; },
                                      .external_labels = {{"node", "n1"}}});
  HttpRequest request;
  if (!read_request({reinterpret_cast<const char*>(data), size}, request)) return 0;
  const HttpResponse response = api.handle(request);
  check(response.status >= 200 && response.status < 600);
  if (response.content_type == "application/json") check_json(response);
  return 0;
}

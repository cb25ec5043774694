// The page at /: what a browser shows of this node.
//
//   const Page page({.live = true, .node = "node-7"});
//   [&](const HttpRequest& r) { auto answer = page.handle(r); return answer ? std::move(*answer) : api.handle(r); }
//
// Shape    a request in, a response out: / is the page, /page/NAME its files and the two answers made here, about.json (what kind of
//          node this is) and functions.json (PromQL's functions, for completion). A name is looked up in a table: no path leads anywhere.
// Threads  handle() from any thread.
// Errors   404, 405.   Cost  a copy of a packed file; 304 without one when the browser has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proto/http.h"

namespace tacho::tools {

struct PageOptions {
  bool live = true;  // false: a file is shown, and nothing will be added to it
  std::string node;  // what the page is headed with; "": unknown
  std::int64_t interval_ms = 1000;
};

class Page {
 public:
  explicit Page(PageOptions options);
  // nullopt: the path is not the page's.
  std::optional<HttpResponse> handle(const HttpRequest& request) const;

 private:
  std::string about_, functions_;
};

}  // namespace tacho::tools

#include "tools/page/page.h"

#include <algorithm>

#include "proto/base/check.h"
#include "proto/gzip.h"
#include "query/api/json.h"
#include "query/engine/result.h"
#include "query/language/functions.h"
#include "tools/page/assets.h"

namespace tacho::tools {
namespace {

constexpr std::string_view kPrefix = "/page/";

// Nothing from elsewhere, nothing inline: a label that looks like a script is not one, even if it got into the page as markup.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'";

HttpResponse plain(int status, std::string text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text) + "\n"};
}

void add_safety(HttpResponse& out) {
  out.headers.insert(out.headers.end(), {{"Content-Security-Policy", kPolicy},
                                         {"X-Content-Type-Options", "nosniff"},
                                         {"Referrer-Policy", "no-referrer"},
                                         {"Cache-Control", "no-cache"}});
}

const PageAsset* find(std::string_view name) {
  const auto all = page_assets();
  const auto at = std::ranges::lower_bound(all, name, {}, &PageAsset::name);
  return at != all.end() && at->name == name ? &*at : nullptr;
}

// Whether If-None-Match names this version; proxies mark what they have changed the coding of as weak.
bool has_version(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

// Other bytes are another version: "..." is "...-gz".
std::string packed_etag(std::string_view etag) { return std::string(etag.substr(0, etag.size() - 1)) + "-gz\""; }

HttpResponse answer_asset(const PageAsset& asset, const HttpRequest& r) {
  HttpResponse out{.content_type = std::string(asset.content_type), .packed = true};
  add_safety(out);
  const bool packs = accepts_gzip(r.header("Accept-Encoding"));
  const std::string etag = packs ? packed_etag(asset.etag) : std::string(asset.etag);
  out.headers.emplace_back("ETag", etag);
  out.headers.emplace_back("Vary", "Accept-Encoding");
  if (has_version(r.header("If-None-Match"), etag)) {
    out.status = 304;
    return out;
  }
  if (packs) {
    out.body = asset.packed;
    out.headers.emplace_back("Content-Encoding", "gzip");
    return out;
  }
  auto text = gunzip(asset.packed, asset.size);
  TACHO_CHECK(text);  // what the build packed
  out.body = std::move(*text);
  return out;
}

std::string about_json(const PageOptions& o) {
  query::JsonText out;
  out.raw(R"({"live":)");
  out.raw(o.live ? "true" : "false");
  out.raw(R"(,"node":)");
  out.string(o.node);
  out.raw(R"(,"version":)");
  out.string(TACHO_VERSION);
  out.raw(R"(,"intervalMs":)");
  out.integer(o.interval_ms);
  out.raw("}");
  return out.take();
}

// As PromQL's own messages name them.
const char* words_of(query::ValueType type) {
  if (type == query::ValueType::vector) return "instant vector";
  return type == query::ValueType::matrix ? "range vector" : query::value_type_name(type);
}

std::string functions_json() {
  query::JsonText out;
  out.raw("[");
  for (const query::Function& f : query::all_functions()) {
    if (&f != query::all_functions().data()) out.raw(",");
    out.raw(R"({"name":)");
    out.string(f.name);
    out.raw(R"(,"args":[)");
    for (std::size_t i = 0; i < f.args.size(); ++i) {
      if (i > 0) out.raw(",");
      out.string(words_of(f.args[i]));
    }
    out.raw(R"(],"variadic":)");
    out.integer(f.variadic);
    out.raw("}");
  }
  out.raw("]");
  return out.take();
}

}  // namespace

Page::Page(PageOptions options) : about_(about_json(options)), functions_(functions_json()) {}

std::optional<HttpResponse> Page::handle(const HttpRequest& r) const {
  const std::string_view path = r.path;
  if (path != "/" && !path.starts_with(kPrefix)) return std::nullopt;
  if (r.method != "GET" && r.method != "HEAD") {
    HttpResponse out = plain(405, "Method Not Allowed");
    out.headers.emplace_back("Allow", "GET");
    return out;
  }
  const std::string_view name = path == "/" ? "index.html" : path.substr(kPrefix.size());
  for (const auto& [made, text] : {std::pair{"about.json", &about_}, {"functions.json", &functions_}}) {
    if (name != made) continue;
    HttpResponse out{.body = *text};
    add_safety(out);
    return out;
  }
  const PageAsset* asset = find(name);
  return asset ? answer_asset(*asset, r) : plain(404, "404 page not found");
}

}  // namespace tacho::tools

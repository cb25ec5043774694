#include <signal.h>

#include "proto/base/log.h"
#include "proto/http_server.h"
#include "query/api/api.h"
#include "sampler/aliases.h"
#include "sampler/identity/identity_names.h"
#include "store/aliases/view.h"
#include "tools/answers/data.h"
#include "tools/page/page.h"
#include "tools/verbs/verbs.h"

namespace tacho::tools {

int serve(const ServeOptions& options) {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int s : {SIGINT, SIGTERM}) sigaddset(&ends, s);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  auto data = load_file(options.file);
  if (!data) return fail(data.error());
  const store::MemoryStore& store = *data;
  const store::AliasView view(store, sampler::make_alias_table(store.origin().host));
  const query::Api api(view, {.external_labels = store.origin().external_labels,
                              .aliases = &view,
                              .is_identity_label = sampler::is_usual_identity_label});
  const Page page({.live = false, .node = store.origin().host});
  auto server =
      HttpServer::start({.listen = options.listen, .is_slow = query::Api::is_slow, .is_tried_first = query::Api::is_tried_first},
                        [&](const HttpRequest& r) {
                          auto shown = page.handle(r);
                          return shown ? std::move(*shown) : api.handle(r);
                        });
  if (!server) return fail(server.error());
  log_info("serving {} ({} series, {} samples) on http://{}/", options.file, store.series_count(), store.sample_count(),
           (*server)->address());
  int signal = 0;
  ::sigwait(&ends, &signal);
  (*server)->stop();
  return 0;
}

}  // namespace tacho::tools

#include "tools/agent/agent.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "proto/base/log.h"
#include "proto/http_server.h"
#include "query/api/api.h"
#include "sampler/aliases.h"
#include "sampler/host_sources.h"
#include "sampler/identity/attribution_source.h"
#include "sampler/scheduler.h"
#include "sampler/scrape/scrape_source.h"
#include "sampler/self_source.h"
#include "store/aliases/aliased_store.h"
#include "store/aliases/view.h"
#include "store/identity/view.h"
#include "store/shipping/shipper.h"
#include "store/store.h"
#include "tools/agent/identities.h"
#include "tools/agent/job_archive.h"
#include "tools/agent/job_labels.h"
#include "tools/agent/ship_gauges.h"
#include "tools/answers/catalogue_metadata.h"
#include "tools/answers/data.h"
#include "tools/config/prometheus_config.h"
#include "tools/page/page.h"

namespace tacho::tools {
namespace {

constexpr std::uint64_t kDefaultBudgetBytes = 256u << 20;

// What the store says of itself, for the tick thread: it must not wait, so the maintenance thread leaves the numbers here.
// Relaxed: each number stands alone and may be seconds old.
struct StoreGauges {
  std::atomic<double> window_seconds{0}, series{0}, refused{0}, refused_total{0}, created{0}, removed{0}, sealed_rows{0},
      lost_rows{0};

  void take(const store::StoreStats& s) {
    window_seconds.store(s.window_seconds, std::memory_order_relaxed);
    series.store(static_cast<double>(s.series.live), std::memory_order_relaxed);
    refused.store(static_cast<double>(s.series.refused), std::memory_order_relaxed);
    refused_total.store(static_cast<double>(s.series.refused_total), std::memory_order_relaxed);
    created.store(static_cast<double>(s.series.created_total), std::memory_order_relaxed);
    removed.store(static_cast<double>(s.series.removed_total), std::memory_order_relaxed);
    sealed_rows.store(static_cast<double>(s.sealed_rows), std::memory_order_relaxed);
    lost_rows.store(static_cast<double>(s.lost_rows), std::memory_order_relaxed);
  }
};

// One endpoint at work.
struct Endpoint {
  std::string name;
  std::unique_ptr<store::AliasedStore> aliased;  // null: it wants no aliases
  std::unique_ptr<store::HttpTransport> transport;
  std::unique_ptr<store::Shipper> shipper;
  ShipGauges gauges;
  std::jthread thread;
};

template <typename T>
std::function<double()> reader(const std::atomic<T>& value) {
  return [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
}

}  // namespace

struct Agent::Impl {
  AgentOptions options;
  sampler::ScrapeAccount scrapes;
  std::vector<std::unique_ptr<sampler::Source>> accel_sources;  // until the scheduler has them
  std::unique_ptr<store::Store> store;
  std::shared_ptr<sampler::AttributionBoard> attributed;  // null: the agent tells of no pods but its own
  std::unique_ptr<Identities> identities;
  std::unique_ptr<store::IdentityView> labelled;  // the store with whose its samples are
  std::unique_ptr<store::AliasView> view;         // of that: what is asked
  std::unique_ptr<JobArchive> jobs;
  std::unique_ptr<sampler::Scheduler> scheduler;
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::unique_ptr<query::Api> api;
  std::unique_ptr<Page> page;
  std::unique_ptr<HttpServer> server;
  StoreGauges store_gauges;
  const std::shared_ptr<query::StreamAccount> streams = std::make_shared<query::StreamAccount>();

  std::mutex mutex;  // guards stopping
  bool stopping = false;
  std::condition_variable wake;
  std::thread maintenance;
  bool stopped = false;
  bool clean = true;

  Result<void> make_accel_sources();
  Result<void> open_store();
  Result<void> open_identities();
  Result<void> make_endpoints();
  void add_sources();
  std::int64_t interval_of(const sampler::ScrapeTarget& target) const {
    return target.interval_ms == 0 ? options.interval_ms : target.interval_ms;
  }
  std::vector<sampler::SelfGauge> self_gauges(bool has_accelerators);
  std::vector<query::TargetStatus> target_status() const;
  Result<void> start_server();
  void maintain();
};

// Before all else: children that fork off here must not have the store's locks, or a socket that listens.
Result<void> Agent::Impl::make_accel_sources() {
  if (options.config.accel_isolation == sampler::AccelIsolation::thread) {
    accel_sources = sampler::make_accel_sources(options.roots, options.accel);
    return {};
  }
  auto made = sampler::make_isolated_accel_sources(options.roots, options.accel);
  if (!made) return failure("{}; sampling.accelerators.isolation: thread needs none", made.error());
  accel_sources = std::move(*made);
  return {};
}

Result<void> Agent::Impl::open_store() {
  store::StoreOptions s;
  s.dirs = options.dirs;
  s.budget_bytes = options.config.storage_budget_bytes.value_or(kDefaultBudgetBytes);
  s.series_max = options.config.storage_series_max.value_or(store::kSeriesMax);
  s.metadata = [this] { return with_scraped(catalogue_metadata(), scrapes.metadata()); };
  auto opened = store::Store::open(std::move(s));
  if (!opened) return std::unexpected(opened.error());
  store = std::move(*opened);
  store_gauges.take(store->stats());
  return {};
}

Result<void> Agent::Impl::open_identities() {
  IdentityProducers producers;
  const IdentityConfig& config = options.config.identity;
  if (const std::string mode = chosen_mode(config.attribution, options.roots); !mode.empty()) log_info("{}", mode);
  producers.push_back(std::make_unique<sampler::PodIdentity>(pod_identity_options(config, options.roots)));
  if (const auto attribution = attribution_options(config.attribution, config.map, options.roots)) {
    attributed = std::make_shared<sampler::AttributionBoard>();
    producers.push_back(std::make_unique<sampler::Attribution>(*attribution, options.roots, *store, attributed));
  }
  const std::uint64_t budget = options.config.storage_budget_bytes.value_or(kDefaultBudgetBytes);
  IdentityOptions o{
      .folder = options.dirs.state, .bytes_max = identity_log_bytes(budget), .oldest = [this] { return store->bounds().min; }};
  auto opened = Identities::open(std::move(o), std::move(producers), system_clock());
  if (!opened) return std::unexpected(opened.error());
  identities = std::move(*opened);
  labelled = std::make_unique<store::IdentityView>(*store, identities->timeline());
  view = std::make_unique<store::AliasView>(*labelled, sampler::make_alias_table(host_name()));
  jobs = std::make_unique<JobArchive>(JobArchiveOptions{.folder = options.dirs.state + "/jobs",
                                                        .window = *view,
                                                        .timeline = identities->timeline(),
                                                        .report = {.is_identity = identity_labels_of(identities->timeline())}});
  return {};
}

Result<void> Agent::Impl::make_endpoints() {
  set_ship_offsets(options.config, host_name());
  for (const RemoteWriteConfig& c : options.config.remote_write) {
    auto e = std::make_unique<Endpoint>();
    e->name = c.name;
    auto transport = store::HttpTransport::create(c.endpoint);
    if (!transport) return failure("remote_write {}: {}", c.name, transport.error());
    e->transport = std::move(*transport);
    const store::ShipCursor cursor(options.dirs.state, c.name);
    std::unique_ptr<store::Outbox> outbox;
    if (options.config.ship_outbox_bytes > 0) {
      auto opened = store::Outbox::open({.folder = cursor.outbox_folder(), .bytes_max = options.config.ship_outbox_bytes});
      if (!opened) return failure("remote_write {}: {}", c.name, opened.error());
      outbox = std::move(*opened);
    }
    if (!c.alias_sets.empty()) e->aliased = std::make_unique<store::AliasedStore>(*view, c.alias_sets);
    const store::Queryable& shipped = e->aliased ? static_cast<const store::Queryable&>(*e->aliased) : *labelled;
    e->shipper = std::make_unique<store::Shipper>(shipped, *e->transport, system_clock(), cursor, c.shipper, std::move(outbox));
    endpoints.push_back(std::move(e));
  }
  return {};
}

std::vector<sampler::SelfGauge> Agent::Impl::self_gauges(bool has_accelerators) {
  std::vector<sampler::SelfGauge> g;
  g.push_back({"tacho_store_window_seconds", {}, reader(store_gauges.window_seconds)});
  g.push_back({"tacho_store_series", {}, reader(store_gauges.series)});
  g.push_back({"tacho_store_refused_series", {}, reader(store_gauges.refused)});
  g.push_back({"tacho_store_refused_series_total", {}, reader(store_gauges.refused_total)});
  g.push_back({"tacho_store_series_created_total", {}, reader(store_gauges.created)});
  g.push_back({"tacho_store_series_removed_total", {}, reader(store_gauges.removed)});
  g.push_back({"tacho_store_sealed_rows_total", {}, reader(store_gauges.sealed_rows)});
  g.push_back({"tacho_store_lost_rows_total", {}, reader(store_gauges.lost_rows)});
  identities->add_gauges(g);
  g.push_back({"tacho_http_streams", {}, reader(streams->open)});
  g.push_back({"tacho_http_streams_refused_total", {}, reader(streams->refused)});
  g.push_back({"tacho_http_streams_dropped_total", {}, reader(streams->dropped)});
  g.push_back({"tacho_http_stream_skipped_steps_total", {}, reader(streams->skipped)});
  for (const auto& e : endpoints) {
    e->gauges.add_gauges(e->name, g);
  }
  if (has_accelerators) {
    const bool process = options.config.accel_isolation == sampler::AccelIsolation::process;
    g.push_back({"tacho_accel_isolation_info", {{"isolation", process ? "process" : "thread"}}, [] { return 1.0; }});
  }
  if (options.config.scrape_targets.empty()) return g;
  for (std::size_t i = 0; i < sampler::kScrapeFaults; ++i) {
    const auto fault = static_cast<sampler::ScrapeFault>(i);
    g.push_back({"tacho_scrape_failures_total", {{"reason", std::string(name_of(fault))}}, reader(scrapes.failures(fault))});
  }
  g.push_back({"tacho_scrape_duplicate_samples_total", {}, reader(scrapes.duplicates())});
  g.push_back({"tacho_scrape_out_of_time_samples_total", {}, reader(scrapes.out_of_time())});
  return g;
}

void Agent::Impl::add_sources() {
  scheduler = std::make_unique<sampler::Scheduler>(*store, system_clock());
  auto sources = sampler::make_host_sources(options.roots, options.config.host_options);
  const bool has_accelerators = !accel_sources.empty();
  for (auto& source : accel_sources) sources.push_back(std::move(source));
  accel_sources.clear();
  if (attributed) sources.push_back(std::make_unique<sampler::AttributionSource>(attributed));
  for (auto& source : sources) {
    const auto configured = options.config.sources.find(std::string(source->configured_as()));
    std::int64_t interval = source->default_interval_ms() == 0 ? options.interval_ms : source->default_interval_ms();
    bool enabled = source->on_by_default();
    if (configured != options.config.sources.end()) {
      enabled = configured->second.enabled.value_or(enabled);
      interval = configured->second.interval_ms.value_or(interval);
    }
    if (!enabled) continue;
    scheduler->add(std::move(source), interval);
  }
  for (const sampler::ScrapeTarget& target : options.config.scrape_targets)
    scheduler->add(std::make_unique<sampler::ScrapeSource>(target, scrapes, system_clock()), interval_of(target));
  // Last, so that a tick's row tells of the same tick's sources.
  scheduler->add(std::make_unique<sampler::SelfSource>(scheduler->runners(), system_clock(), self_gauges(has_accelerators)),
                 options.interval_ms);
}

std::vector<query::TargetStatus> Agent::Impl::target_status() const {
  std::vector<query::TargetStatus> out;
  for (const sampler::ScrapeTarget& t : options.config.scrape_targets) {
    const sampler::ScrapeReport last = scrapes.report_of(t.name);
    out.push_back({t.discovered, t.labels, t.job, t.url.to_string(), interval_of(t), timeout_of(t, interval_of(t)), last.begun,
                   last.seconds, last.error});
  }
  return out;
}

Result<void> Agent::Impl::start_server() {
  api =
      std::make_unique<query::Api>(*view, query::ApiOptions{.engine = options.config.query,
                                                            .concurrency = options.config.query_concurrency,
                                                            .external_labels = options.config.external_labels,
                                                            .config_yaml = prometheus_config(options.config, options.interval_ms),
                                                            .targets = [this] { return target_status(); },
                                                            .aliases = view.get(),
                                                            .is_identity_label = identity_labels_of(identities->timeline()),
                                                            .streams = streams,
                                                            .streams_max = options.config.query_streams_max});
  page = std::make_unique<Page>(PageOptions{.node = host_name(), .interval_ms = options.interval_ms});
  auto started = HttpServer::start({.listen = options.listen,
                                    .slow_threads = static_cast<int>(options.config.query_concurrency),
                                    .is_slow = query::Api::is_slow,
                                    .is_tried_first = query::Api::is_tried_first},
                                   [this](const HttpRequest& r) {
                                     auto shown = page->handle(r);
                                     return shown ? std::move(*shown) : api->handle(r);
                                   });
  if (!started) return std::unexpected(started.error());
  server = std::move(*started);
  return {};
}

// Once a second: seal what is due. Errors are logged when they begin and when they end, not each second.
void Agent::Impl::maintain() {
  bool failing = false;
  std::unique_lock lock(mutex);
  for (int second = 0; !wake.wait_for(lock, std::chrono::seconds(1), [&] { return stopping; }); ++second) {
    lock.unlock();
    const auto ok = store->maintain();
    if (!ok && !failing)
      log_error("the newest rows cannot be written to the ring: {}; they stay in shared memory while there is room", ok.error());
    if (ok && failing) log_info("the ring is written again");
    failing = !ok;
    if (second % 10 == 0) store_gauges.take(store->stats());
    for (const auto& e : endpoints) e->gauges.take(e->shipper->stats());
    lock.lock();
  }
}

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Agent>> Agent::start(AgentOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  if (auto ok = impl->make_accel_sources(); !ok) return std::unexpected(ok.error());
  if (auto ok = impl->open_store(); !ok) return std::unexpected(ok.error());
  if (auto ok = impl->open_identities(); !ok) return std::unexpected(ok.error());
  if (auto ok = impl->make_endpoints(); !ok) return std::unexpected(ok.error());
  impl->add_sources();
  if (auto ok = impl->start_server(); !ok) return std::unexpected(ok.error());
  impl->scheduler->start();
  impl->identities->start();
  impl->jobs->start();
  impl->maintenance = std::thread([i = impl.get()] { i->maintain(); });
  for (const auto& e : impl->endpoints) e->thread = std::jthread([s = e->shipper.get()](std::stop_token stop) { s->run(stop); });
  return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

Agent::~Agent() {
  const bool clean = stop();
  if (!clean) impl_.release();  // a thread that hangs still uses what it points to
}

bool Agent::stop() {
  Impl& a = *impl_;
  if (std::exchange(a.stopped, true)) return a.clean;
  a.server->stop();
  for (const auto& e : a.endpoints) e->thread.request_stop();
  for (const auto& e : a.endpoints) {
    if (e->thread.joinable()) e->thread.join();
  }
  a.jobs->stop();
  const bool asked = a.identities->stop();
  const bool sampled = a.scheduler->stop();
  a.clean = asked && sampled;
  {
    const std::lock_guard lock(a.mutex);
    a.stopping = true;
  }
  a.wake.notify_all();
  a.maintenance.join();
  // Closes the heads, so that they are sealed to the end and their files go. A thread left behind still writes to its own.
  if (sampled) a.scheduler.reset();
  if (auto ok = a.store->seal_all(); !ok)
    log_error("not everything could be written to the ring: {}; the rest stays in shared memory", ok.error());
  return a.clean;
}

std::uint64_t Agent::rows() const { return impl_->scheduler->runners().back()->stats().rows.load(std::memory_order_relaxed); }

std::string Agent::address() const { return impl_->server->address(); }

}  // namespace tacho::tools

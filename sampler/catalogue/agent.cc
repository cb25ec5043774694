// The agent's own health: rows of the catalogue (sampler/catalogue.h).

#include "sampler/catalogue/rows.h"

namespace tacho::sampler {
namespace {

using store::Rollup;

// clang-format off
constexpr MetricInfo kRows[] = {
    // tacho itself
    {"tacho_source_up", MetricType::gauge, "", "1 if the source gave its last row in time.", "scheduler", "tacho", 0, Rollup::min, "a source that was away for seconds must show in the minute"},
    {"tacho_source_duration_seconds", MetricType::gauge, "seconds", "How long the source took for its last row.", "scheduler", "tacho", 0, Rollup::max, "one slow read in sixty is what delays a tick"},
    {"tacho_source_lateness_seconds", MetricType::gauge, "seconds", "How long after its tick the source's last row was begun.", "scheduler", "tacho", 0, Rollup::max, "the worst tick of the minute says whether the seconds can be trusted"},
    {"tacho_source_stuck_seconds", MetricType::gauge, "seconds", "How long the source has been hanging in a call that does not return; 0 while it does not hang.", "scheduler", "tacho", 0, Rollup::max, "a driver that hangs for seconds stalls the job, too"},
    {"tacho_filesystem_hanging_calls", MetricType::gauge, "", "Calls of statfs that have not returned; each holds a thread.", "statfs", "filesystem", 10000, Rollup::max, "a mount that was dead for some seconds"},
    {"tacho_source_missed_ticks_total", MetricType::counter, "", "Ticks for which the source has no row.", "scheduler", "tacho"},
    {"tacho_source_rows_total", MetricType::counter, "", "Rows the source has given.", "scheduler", "tacho"},
    {"tacho_source_errors_total", MetricType::counter, "", "Times the source could not be read.", "scheduler", "tacho"},
    {"node_scrape_collector_success", MetricType::gauge, "", "tacho_source_up of the source of this name, as node_exporter tells of its collectors.", "scheduler", "tacho"},
    {"node_scrape_collector_duration_seconds", MetricType::gauge, "seconds", "tacho_source_duration_seconds of the source of this name, as node_exporter tells of its collectors.", "scheduler", "tacho"},
    {"tacho_process_cpu_seconds_total", MetricType::counter, "seconds", "CPU time the agent has used.", "getrusage", "tacho"},
    {"tacho_process_resident_memory_bytes", MetricType::gauge, "bytes", "Memory the agent holds.", "/proc/self/statm", "tacho"},
    {"tacho_clock_steps_total", MetricType::counter, "", "Times the wall clock was seen to jump.", "scheduler", "tacho"},
    {"tacho_build_info", MetricType::info, "", "The agent's version; always 1.", "build", "tacho"},
    {"tacho_store_window_seconds", MetricType::gauge, "seconds", "How far back every second can be queried.", "store", "tacho"},
    {"tacho_store_series", MetricType::gauge, "", "Live series.", "store", "tacho"},
    {"tacho_store_refused_series", MetricType::gauge, "", "Series described and not kept, for the limit of live series is reached.", "store", "tacho"},
    {"tacho_store_series_created_total", MetricType::counter, "", "Series that became live, over the time since start.", "store", "tacho"},
    {"tacho_store_series_removed_total", MetricType::counter, "", "Series that ended, over the time since start.", "store", "tacho"},
    {"tacho_store_refused_series_total", MetricType::counter, "", "Series not kept, over the time since start.", "store", "tacho"},
    {"tacho_store_sealed_rows_total", MetricType::counter, "", "Rows sealed into blocks.", "store", "tacho"},
    {"tacho_store_lost_rows_total", MetricType::counter, "", "Rows overwritten before they could be sealed.", "store", "tacho"},
    {"tacho_http_streams", MetricType::gauge, "", "Live streams (/api/v1/stream) that are open.", "http", "tacho", 0, Rollup::max, "whether the limit was reached shows in the peak"},
    {"tacho_http_streams_refused_total", MetricType::counter, "", "Live streams refused, for so many were open already.", "http", "tacho"},
    {"tacho_http_streams_dropped_total", MetricType::counter, "", "Live streams ended because the client did not read.", "http", "tacho"},
    {"tacho_http_stream_skipped_steps_total", MetricType::counter, "", "Steps of live streams for which there was no time; their values came with the next.", "http", "tacho"},
    {"tacho_identity_scopes", MetricType::gauge, "", "Pods, devices and the like that samples are labelled with now.", "identities", "tacho"},
    {"tacho_identity_stretches", MetricType::gauge, "", "Identities in the log, each for a stretch of time.", "identities", "tacho"},
    {"tacho_identity_log_bytes", MetricType::gauge, "bytes", "Bytes of the log of identities.", "identities", "tacho"},
    {"tacho_identity_changed_timestamp_seconds", MetricType::gauge, "seconds", "From when on the identity counts that was told last.", "identities", "tacho"},
    {"tacho_identity_poll_seconds", MetricType::gauge, "seconds", "How long it took to ask for identities the last time.", "identities", "tacho"},
    {"tacho_identity_dropped_total", MetricType::counter, "", "Identities refused, or removed while the window had samples of theirs, for the log is full.", "identities", "tacho"},
    {"tacho_identity_damaged_total", MetricType::counter, "", "Damaged places in the log of identities that were passed over.", "identities", "tacho"},
    {"tacho_identity_write_failures_total", MetricType::counter, "", "Times the log of identities could not be written; tried again.", "identities", "tacho"},
    {"tacho_remote_write_samples_sent_total", MetricType::counter, "", "Samples a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_remote_write_requests_sent_total", MetricType::counter, "", "Requests a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_remote_write_bytes_sent_total", MetricType::counter, "bytes", "Bytes of the requests' bodies that a remote endpoint has accepted, compressed.", "shipping", "tacho"},
    {"tacho_remote_write_windows_sent_total", MetricType::counter, "", "Minutes a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_remote_write_lag_seconds", MetricType::gauge, "seconds", "Age of the newest minute that a remote endpoint has accepted.", "shipping", "tacho"},
    {"tacho_remote_write_samples_pending", MetricType::gauge, "", "Samples of the minute that is being sent which are not accepted yet.", "shipping", "tacho"},
    {"tacho_remote_write_version", MetricType::gauge, "", "Version of remote write that is spoken with the endpoint now, 1 or 2.", "shipping", "tacho"},
    {"tacho_remote_write_outbox_windows", MetricType::gauge, "", "Minutes that wait on the disk for the endpoint.", "shipping", "tacho"},
    {"tacho_remote_write_outbox_bytes", MetricType::gauge, "bytes", "Bytes they take.", "shipping", "tacho"},
    {"tacho_remote_write_failures_total", MetricType::counter, "", "Attempts to send that failed and are repeated, by reason: network, 5xx, 429; store, cursor and outbox are the node's own.", "shipping", "tacho"},
    {"tacho_remote_write_dropped_windows_total", MetricType::counter, "", "Minutes given up in part or whole, by reason: refused, too_old, overwritten (neither ring nor outbox has them any more), damaged.", "shipping", "tacho"},
    {"tacho_remote_write_dropped_samples_total", MetricType::counter, "", "Samples given up, by reason: refused, not_written (the receiver says so), invalid (no receiver takes such labels), duplicate (relabeling made them equal), unnamed (damage).", "shipping", "tacho"},
    // accelerators' processes
    {"tacho_accel_isolation_info", MetricType::info, "", "Where the accelerators' libraries work: in threads of the agent, or in a process for each device; always 1.", "configuration", "tacho"},
    {"tacho_accel_child_up", MetricType::gauge, "", "1 while the device's process runs.", "scheduler", "accel_children", 0, Rollup::min, "a library that crashed for a second must show in the minute"},
    {"tacho_accel_child_restarts_total", MetricType::counter, "", "Times the device's process was started again.", "scheduler", "accel_children"},
    {"tacho_accel_child_cpu_seconds_total", MetricType::counter, "seconds", "CPU time the device's process has used, since it was started.", "getrusage", "accel_children"},
    {"tacho_accel_child_resident_memory_bytes", MetricType::gauge, "bytes", "Memory the device's process holds; in it what it shares with the agent.", "/proc/self/statm", "accel_children"},
    // whose the accelerators are
    {"tacho_device_attribution_info", MetricType::info, "", "Whether a pod has the accelerator, or why it is nobody's: free, shared, partitioned, not_started, unknown_id, other_chip, no_answer_yet, no_socket, permission, rate_limited, timed_out, kubelet_error; always 1.", "kubelet's pod-resources", "attribution"},
    {"tacho_device_attribution_devices", MetricType::gauge, "", "Accelerators, and parts of them, by the same reasons.", "kubelet's pod-resources", "attribution"},
    // a scrape; Prometheus's names, with the target's labels
    {"up", MetricType::gauge, "", "1 if the target's last scrape went well.", "scrape", "scrape"},
    {"scrape_duration_seconds", MetricType::gauge, "seconds", "How long the target's last scrape took.", "scrape", "scrape"},
    {"scrape_samples_scraped", MetricType::gauge, "", "Samples on the target's page.", "scrape", "scrape"},
    {"scrape_samples_post_metric_relabeling", MetricType::gauge, "", "Samples that metric_relabel_configs left of them.", "scrape", "scrape"},
    {"scrape_series_added", MetricType::gauge, "", "Series on the target's page that were not on it before.", "scrape", "scrape"},
    {"tacho_scrape_failures_total", MetricType::counter, "", "Scrapes that failed, by reason, of all targets.", "scrape", "scrape"},
    {"tacho_scrape_duplicate_samples_total", MetricType::counter, "", "Samples left out because the page has one of the same series before it.", "scrape", "scrape"},
    {"tacho_scrape_out_of_time_samples_total", MetricType::counter, "", "Samples left out because their own time is too far from the scrape's.", "scrape", "scrape"},
    {"tacho_rollup_samples_ratio", MetricType::gauge, "", "Share of the last minute's ticks for which the source has a row.", "rollup", "tacho"},
};
// clang-format on

}  // namespace

std::span<const MetricInfo> agent_metrics() { return kRows; }

}  // namespace tacho::sampler

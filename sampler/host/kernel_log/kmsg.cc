#include "sampler/host/kernel_log/kmsg.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/base/utf8.h"
#include "sampler/host/workload/cgroup_path.h"

namespace tacho::sampler {
namespace {

constexpr std::string_view kLevelNames[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

constexpr std::int64_t kNsPerUs = 1000;

void count_xid(BoundedCounters& counters, std::string_view number_label, std::string_view text) {
  const auto report = xid_report(text);
  if (!report) return;
  std::array<char, 64> key;
  const auto device = report->device();
  char* end = std::copy(device.begin(), device.end(), key.data());
  *end++ = ' ';
  char* number = end;
  end = std::to_chars(end, key.data() + key.size(), report->number).ptr;
  counters.count({key.data(), end}, [&] {
    return std::vector<Label>{{"pci_bus_id", std::string(device)}, {std::string(number_label), std::string(number, end)}};
  });
}

}  // namespace

KmsgSource::KmsgSource(const Roots& roots, const Clock& clock, KmsgOptions options)
    : path_(roots.rootfs + "/dev/kmsg"),
      clock_(clock),
      options_(options),
      xids_("node_kmsg_xid_errors_total", options.xids_max),
      sxids_("node_kmsg_sxid_errors_total", options.xids_max),
      oom_cgroups_("node_kmsg_oom_kills_total", options.cgroups_max) {}

// The later of what is known and this record's time, which is no earlier than `age_max_ns` ago.
void KmsgSource::set_time(Kind& kind, std::int64_t time_us, std::int64_t age_max_ns) {
  const std::int64_t age_ns = static_cast<std::int64_t>(now_mono_) - time_us * kNsPerUs;
  const std::int64_t wall_ns = now_wall_ns_ - std::clamp<std::int64_t>(age_ns, 0, age_max_ns);
  const std::int64_t wall_us = wall_ns / kNsPerUs;  // as exact as the record's, and a shorter number
  kind.last_s = static_cast<double>(wall_us) / 1e6;
}

// What was there before the start: times alone. Then nothing is left to be read.
void KmsgSource::look_back() {
  unsigned left = options_.records_before_start;
  while (left > 0) {
    const auto record = reader_->next();
    if (!record) return;
    --left;
    if (const auto kind = kmsg_kind(record->text))
      set_time(kinds_[static_cast<std::size_t>(*kind)], record->time_us, static_cast<std::int64_t>(now_mono_));
  }
  reader_->skip_to_end();
}

void KmsgSource::count_record(const KmsgRecord& record) {
  ++levels_[record.level];
  if (const std::string_view cgroup = oom_cgroup(record.text); !cgroup.empty() && is_utf8(cgroup)) {
    oom_cgroups_.count(cgroup, [&] {
      const CgroupIdentity identity = cgroup_identity(cgroup);
      return std::vector<Label>{
          {"id", std::string(cgroup)}, {"pod_uid", identity.pod_uid}, {"container_id", identity.container_id}};
    });
  }
  const auto which = kmsg_kind(record.text);
  if (!which) return;
  Kind& kind = kinds_[static_cast<std::size_t>(*which)];
  ++kind.count;
  set_time(kind, record.time_us, now_mono_ - empty_mono_);
  if (*which == KmsgKind::xid) count_xid(xids_, "xid", record.text);
  if (*which == KmsgKind::sxid) count_xid(sxids_, "sxid", record.text);
}

void KmsgSource::read_new() {
  now_wall_ns_ = clock_.wall_ns();
  now_mono_ = clock_.mono();
  for (unsigned left = options_.records_per_tick; left > 0; --left) {
    const auto record = reader_->next();
    if (!record) {
      empty_mono_ = now_mono_;
      return;
    }
    count_record(*record);
  }
}

Result<void> KmsgSource::describe(store::Schema& schema) {
  if (!reader_) {
    auto opened = KmsgReader::open(path_);
    if (!opened) return std::unexpected(opened.error());
    reader_ = std::make_unique<KmsgReader>(std::move(*opened));
    now_wall_ns_ = clock_.wall_ns();
    now_mono_ = clock_.mono();
    look_back();
    empty_mono_ = now_mono_;
    lost_before_ = reader_->lost();
  } else {
    read_new();
  }
  SchemaBuilder builder(schema);
  for (std::size_t i = 0; i < kKmsgKindCount; ++i) {
    const std::vector<Label> labels{{"kind", std::string(kmsg_kind_name(static_cast<KmsgKind>(i)))}};
    kinds_[i].count_column = builder.add("node_kmsg_events_total", labels);
    kinds_[i].last_column = kinds_[i].last_s ? builder.add("node_kmsg_last_event_timestamp_seconds", labels) : kNoColumn;
  }
  for (std::size_t i = 0; i < kLevels; ++i)
    level_columns_[i] = builder.add("node_kmsg_records_total", {{"level", std::string(kLevelNames[i])}});
  lost_column_ = builder.add("node_kmsg_lost_records_total");
  xids_.describe(builder);
  sxids_.describe(builder);
  oom_cgroups_.describe(builder);
  fresh_ = true;
  return {};
}

bool KmsgSource::layout_changed() const {
  return xids_.changed() || sxids_.changed() || oom_cgroups_.changed() ||
         std::any_of(kinds_.begin(), kinds_.end(), [](const Kind& k) { return k.last_s && k.last_column == kNoColumn; });
}

Result<Sampled> KmsgSource::sample(Row& row) {
  // What was described has just been read, and the first row of all is thus 0 everywhere.
  if (!std::exchange(fresh_, false)) read_new();
  if (const int error = reader_->error()) return sys_failure(error, "cannot read {}", path_);
  if (layout_changed()) return Sampled::layout_changed;
  for (const Kind& kind : kinds_) {
    put(row, kind.count_column, static_cast<double>(kind.count));
    if (kind.last_s) put(row, kind.last_column, *kind.last_s);
  }
  for (std::size_t i = 0; i < kLevels; ++i) put(row, level_columns_[i], static_cast<double>(levels_[i]));
  put(row, lost_column_, static_cast<double>(reader_->lost() - lost_before_));
  xids_.fill(row);
  sxids_.fill(row);
  oom_cgroups_.fill(row);
  return Sampled::ok;
}

}  // namespace tacho::sampler

#include "sampler/host/storage/diskstats.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "proto/base/number.h"
#include "sampler/cells.h"
#include "sampler/text_scan.h"

namespace tacho::sampler {
namespace {

enum class Unit { count, sectors, milliseconds };

struct Field {
  std::string_view metric;
  Unit unit;
};

constexpr double kSectorBytes = 512.0;
constexpr double kMsPerSecond = 1000.0;
constexpr std::size_t kReads = 0;
constexpr std::size_t kWrites = 4;

// In the file's order.
constexpr Field kFields[] = {
    {"node_disk_reads_completed_total", Unit::count},
    {"node_disk_reads_merged_total", Unit::count},
    {"node_disk_read_bytes_total", Unit::sectors},
    {"node_disk_read_time_seconds_total", Unit::milliseconds},
    {"node_disk_writes_completed_total", Unit::count},
    {"node_disk_writes_merged_total", Unit::count},
    {"node_disk_written_bytes_total", Unit::sectors},
    {"node_disk_write_time_seconds_total", Unit::milliseconds},
    {"node_disk_io_now", Unit::count},
    {"node_disk_io_time_seconds_total", Unit::milliseconds},
    {"node_disk_io_time_weighted_seconds_total", Unit::milliseconds},
    {"node_disk_discards_completed_total", Unit::count},
    {"node_disk_discards_merged_total", Unit::count},
    {"node_disk_discarded_sectors_total", Unit::count},
    {"node_disk_discard_time_seconds_total", Unit::milliseconds},
    {"node_disk_flush_requests_total", Unit::count},
    {"node_disk_flush_requests_time_seconds_total", Unit::milliseconds},
};

// The properties udev keeps of a device: lines "E:NAME=VALUE". Empty when udev has none or is not here.
std::map<std::string, std::string, std::less<>> udev_properties(const std::string& path) {
  std::map<std::string, std::string, std::less<>> properties;
  Result<std::string> text = read_file(path);
  if (!text) return properties;
  for (std::string_view rest = *text; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');
    if (!line.starts_with("E:")) continue;
    line.remove_prefix(2);
    if (line.find('=') == std::string_view::npos) continue;
    std::string name(take_until(line, '='));
    properties[std::move(name)] = std::string(line);
  }
  return properties;
}

// The line split into key and fields. Empty key: the line is not of this file's kind.
struct DiskLine {
  std::string_view key;
  std::string_view major, minor, device;
  std::string_view fields;
};

DiskLine split(std::string_view line) {
  std::string_view rest = line;
  DiskLine parts;
  parts.major = take_word(rest);
  parts.minor = take_word(rest);
  parts.device = take_word(rest);
  if (rest.empty()) return {};
  parts.key = line.substr(0, line.size() - rest.size());
  parts.fields = rest;
  return parts;
}

}  // namespace

DiskstatsSource::DiskstatsSource(const Roots& roots, Exclude exclude)
    : file_(roots.procfs + "/diskstats"),
      sysfs_(roots.sysfs),
      udev_data_(roots.rootfs + "/run/udev/data"),
      exclude_(std::move(exclude)) {}

void DiskstatsSource::describe_device(Disk& disk, std::string_view major, std::string_view minor, const std::string& device,
                                      SchemaBuilder& builder) {
  const auto udev = udev_properties(fmt::format("{}/b{}:{}", udev_data_, major, minor));
  auto property = [&](std::string_view name) -> std::string {
    auto it = udev.find(name);
    return it == udev.end() ? std::string() : it->second;
  };
  // The serial number that is printed on the disk, as far as it is known.
  std::string serial;
  for (std::string_view name : {"SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"}) {
    if (serial.empty()) serial = property(name);
  }
  std::string sysfs_name = device;
  std::replace(sysfs_name.begin(), sysfs_name.end(), '/', '!');  // cciss/c0d0
  const std::string rotational = read_attribute(fmt::format("{}/block/{}/queue/rotational", sysfs_, sysfs_name)).value_or("");

  auto constant = [&](std::string_view metric, std::vector<Label> labels, double value) {
    labels.push_back({"device", device});
    disk.constants.push_back({builder.add(metric, std::move(labels)), value});
  };
  constant("node_disk_info",
           {{"major", std::string(major)},
            {"minor", std::string(minor)},
            {"path", property("ID_PATH")},
            {"wwn", property("ID_WWN")},
            {"model", property("ID_MODEL")},
            {"serial", serial},
            {"revision", property("ID_REVISION")},
            {"rotational", rotational}},
           1);
  if (std::string type = property("ID_FS_TYPE"); !type.empty()) {
    constant("node_disk_filesystem_info",
             {{"type", type},
              {"usage", property("ID_FS_USAGE")},
              {"uuid", property("ID_FS_UUID")},
              {"version", property("ID_FS_VERSION")}},
             1);
  }
  if (std::string name = property("DM_NAME"); !name.empty()) {
    constant("node_disk_device_mapper_info",
             {{"name", name},
              {"uuid", property("DM_UUID")},
              {"vg_name", property("DM_VG_NAME")},
              {"lv_name", property("DM_LV_NAME")},
              {"lv_layer", property("DM_LV_LAYER")}},
             1);
  }
  if (property("ID_ATA").empty()) return;
  constexpr std::pair<std::string_view, std::string_view> kAta[] = {
      {"ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache"},
      {"ID_ATA_WRITE_CACHE_ENABLED", "node_disk_ata_write_cache_enabled"},
      {"ID_ATA_ROTATION_RATE_RPM", "node_disk_ata_rotation_rate_rpm"},
  };
  for (auto [name, metric] : kAta) {
    if (std::optional<double> value = parse_number(property(name))) constant(metric, {}, *value);
  }
}

Result<void> DiskstatsSource::describe(store::Schema& schema) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  SchemaBuilder builder(schema);
  std::vector<Disk> disks;
  std::set<std::string> present;
  for (Lines lines(*text); lines.next() && lines.whole();) {
    DiskLine line = split(lines.line());
    Disk disk{.key = std::string(line.key)};
    const std::string device(line.device);
    disk.columns.fill(kNoColumn);
    // One that is listed twice would disturb its own history.
    disk.shown = !line.key.empty() && !exclude_(device) && present.insert(device).second;
    if (disk.shown) {
      describe_device(disk, line.major, line.minor, device, builder);
      for (std::string_view rest = line.fields; !take_word(rest).empty(); ++disk.field_count) {
        if (disk.field_count >= kFieldCount) continue;
        disk.columns[disk.field_count] = builder.add(kFields[disk.field_count].metric, {{"device", device}});
      }
      disk.history = &histories_[device];
    }
    disks.push_back(std::move(disk));
  }
  if (disks.empty()) return failure("{} has no line of a device", file_.path());
  std::erase_if(histories_, [&](const auto& entry) { return !present.contains(entry.first); });
  disks_ = std::move(disks);
  return {};
}

void DiskstatsSource::fill(const Disk& disk, const std::array<std::uint64_t, kFieldCount>& fields,
                           const std::array<bool, kFieldCount>& present, Row& row) {
  History& history = *disk.history;
  const bool restarted =
      (present[kReads] && fields[kReads] < history.reads) || (present[kWrites] && fields[kWrites] < history.writes);
  if (restarted) history = {};
  if (present[kReads]) history.reads = fields[kReads];
  if (present[kWrites]) history.writes = fields[kWrites];

  constexpr std::uint64_t kWrap = std::uint64_t{1} << 32;
  for (std::size_t i = 0; i < std::min(disk.field_count, kFieldCount); ++i) {
    if (!present[i]) continue;
    std::uint64_t value = fields[i];
    if (kFields[i].unit == Unit::milliseconds) {
      Unwrapped& time = history.times[i];
      // From near the top to near the bottom; a small step back is the kernel's and is shown as it is.
      if (value < time.last && time.last < kWrap && time.last - value > kWrap / 2) time.base += kWrap;
      time.last = value;
      put(row, disk.columns[i], static_cast<double>(time.base + value) / kMsPerSecond);
    } else {
      put(row, disk.columns[i], static_cast<double>(value) * (kFields[i].unit == Unit::sectors ? kSectorBytes : 1.0));
    }
  }
  for (const Constant& constant : disk.constants) put(row, constant.column, constant.value);
}

Result<Sampled> DiskstatsSource::sample(Row& row) {
  Result<std::string_view> text = file_.read();
  if (!text) return std::unexpected(text.error());
  std::size_t i = 0;
  bool cut = false;
  for (Lines lines(*text); lines.next();) {
    cut = !lines.whole();
    std::string_view line = lines.line();
    const bool known = i < disks_.size() && line.starts_with(disks_[i].key);
    std::string_view rest = known ? line.substr(disks_[i].key.size()) : line;
    if (!known || (!rest.empty() && !is_blank(rest[0]) && !disks_[i].key.empty())) {
      if (cut) break;
      return Sampled::layout_changed;
    }
    const Disk& disk = disks_[i++];
    if (!disk.shown) continue;
    std::array<std::uint64_t, kFieldCount> fields{};
    std::array<bool, kFieldCount> present{};
    std::size_t field_count = 0;
    for (skip_blanks(rest); !rest.empty(); skip_blanks(rest), ++field_count) {
      std::optional<std::uint64_t> value = take_u64(rest);
      if (field_count >= kFieldCount || !value) continue;
      fields[field_count] = *value;
      present[field_count] = true;
    }
    if (!cut && field_count != disk.field_count) return Sampled::layout_changed;
    fill(disk, fields, present, row);
  }
  return i == disks_.size() || cut ? Sampled::ok : Sampled::layout_changed;
}

}  // namespace tacho::sampler

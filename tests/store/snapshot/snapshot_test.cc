// A snapshot holds what the window holds, bit for bit; one that is damaged anywhere is an error.
#include "store/snapshot/snapshot.h"

#include <algorithm>
#include <cstring>

#include "proto/schema/snapshot_generated.h"
#include "store/block/packed.h"
#include "store/snapshot/columns.h"
#include "store/snapshot/format.h"
#include "tests/snapshot_node.h"

using namespace tacho;
using namespace tacho::store;
using test::SnapshotNode;

namespace {

// All there is of it, as text; values by their bits.
std::string told(const Selection& selection) {
  std::string out;
  std::size_t samples = 0;
  for (const SeriesView& s : selection.series) {
    out += fmt::format("{} type {} rollup {}:", s.labels().to_string(), static_cast<int>(s.info->type),
                       static_cast<int>(s.info->rollup));
    for (std::size_t i = 0; i < s.times.size(); ++i)
      out += fmt::format(" {}={:x}", s.times[i], std::bit_cast<std::uint64_t>(s.values[i]));
    out += "\n";
    samples += s.times.size();
  }
  CHECK(samples == selection.samples);
  return out;
}
std::string told(const Queryable& data, std::vector<Matcher> matchers, TimeRange range) {
  const auto selection = data.select(matchers, range, {});
  REQUIRE(selection);
  return told(*selection);
}
std::string groups_told(const Queryable& data, TimeRange range) {
  std::string out;
  for (const GroupRows& g : data.group_rows(range)) out += fmt::format("{} {} {}\n", g.group, g.interval_ms, g.rows);
  return out;
}

// A small one: two series, one of which misses a tick, and their source.
struct Small {
  std::vector<SeriesInfo> infos{{Labels::of("a", {{"x", "1"}}), MetricType::gauge}, {Labels::of("b_total"), MetricType::counter}};
  std::vector<TimeMs> all{1000, 2000, 3000}, two{1000, 3000};
  std::vector<double> a{0.5, 0.75, 0.5}, b{42, 43};
  SnapshotFrame frame{
      {"0.9", "node", {0, 10'000}, Labels{{"cluster", "c"}}}, {{"a", MetricType::gauge, "A.", "seconds"}}, {{"g", 1000, all}}};

  Selection selection() const { return {{{infos.data(), all, a}, {&infos[1], two, b}}, 5, nullptr}; }
  std::string bytes() const { return encode_snapshot(selection(), frame).value(); }
};

std::string error_of(std::span<const std::byte> bytes, std::size_t samples_max = kSnapshotSamplesMax) {
  const auto read = decode_snapshot(bytes, "x.tacho", samples_max);
  return read ? "" : read.error().message;
}
std::string error_of(const std::string& bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());  // so that a sanitizer sees the end
  return error_of(std::as_bytes(std::span(exact)));
}

// The same file with another directory and all checksums right: as only somebody who means it makes it.
std::string with_directory(const std::string& bytes, const std::function<void(fb::Snapshot&)>& change) {
  SnapshotHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto all = std::as_bytes(std::span(bytes));
  auto directory = unpack_bytes(all.subspan(header.directory_offset), "directory").value();
  change(*flatbuffers::GetMutableRoot<fb::Snapshot>(directory.data()));
  const auto packed = pack_bytes(directory);
  std::string out = bytes.substr(0, header.directory_offset);
  out.append(reinterpret_cast<const char*>(packed.data()), packed.size());
  header.directory_checksum = snapshot_checksum(packed);
  header.file_bytes = out.size();
  header.checksum = snapshot_checksum(std::as_bytes(std::span(&header, 1)).first(kSnapshotHeaderChecked));
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace

TEST_CASE("a snapshot answers what the window answers, bit for bit") {
  for (std::uint32_t seed = 0; seed < 6; ++seed) {
    INFO("seed " << seed);
    const SnapshotNode node(seed);
    std::mt19937 random(seed);
    const MemoryStore plain = SnapshotNode::opened(SnapshotNode::written(node.store(), node.frame()));
    for (int i = 0; i < 20; ++i) {
      const TimeMs from = SnapshotNode::kBegin + static_cast<TimeMs>(random() % 400'000);
      const TimeRange range{from, from + static_cast<TimeMs>(random() % 400'000)};
      const std::vector<std::vector<Matcher>> selectors{{},
                                                        {Matcher::equal("__name__", "load")},
                                                        {Matcher::create("cpu", MatchOp::regex, "1|4|7").value()},
                                                        {Matcher::create("of", MatchOp::not_equal, "disk").value()}};
      const auto& selector = selectors[random() % selectors.size()];
      REQUIRE((told(plain, selector, range) == told(node.store(), selector, range)));  // not a page of text
      REQUIRE(groups_told(plain, range) == groups_told(node.store(), range));
    }
    CHECK(groups_told(plain, SnapshotNode::kAll).find("disk \"x\" 15000 27") != std::string::npos);

    const MemoryStore labelled = SnapshotNode::opened(SnapshotNode::written(node.view(), node.frame()));
    const std::string all = told(labelled, {}, SnapshotNode::kAll);
    REQUIRE((all == told(node.view(), {}, SnapshotNode::kAll)));
    CHECK(all.find("job_name=\"a\"") != std::string::npos);
    CHECK(all.find("job_name=\"b\"") != std::string::npos);
  }
}

TEST_CASE("a snapshot says whose it is, and of which metrics it has series") {
  const SnapshotNode node(1);
  const TimeRange part{SnapshotNode::kBegin + 50'001, SnapshotNode::kBegin + 110'000};
  const MemoryStore read = SnapshotNode::opened(SnapshotNode::written(node.view(), node.frame(part)));
  CHECK(read.origin() == SnapshotOrigin{"0.9", "node-7", part, Labels{{"cluster", "eu1"}}});
  REQUIRE(read.metadata().size() == 1);
  CHECK(read.metadata()[0].name == "busy_seconds_total");
  CHECK(read.metadata()[0].type == MetricType::counter);
  CHECK(read.metadata()[0].help == "Busy, \"really\".");
  CHECK(read.metadata()[0].unit == "seconds");
  CHECK(read.bounds().min >= part.min);
  CHECK(read.bounds().max <= part.max);
  // And a snapshot of a snapshot is the same bytes.
  CHECK((SnapshotNode::written(read, {read.origin(), read.metadata(), read.group_times(part)}) ==
         SnapshotNode::written(node.view(), node.frame(part))));
}

TEST_CASE("long stretches and many series take several parts") {
  const std::size_t rows = kPartRowsMax * 2 + 100, columns = kPartColumnsMax + 3;
  std::vector<TimeMs> times;
  for (std::size_t i = 0; i < rows; ++i) times.push_back(static_cast<TimeMs>(i) * 1000);
  std::vector<SeriesInfo> infos;
  for (std::size_t c = 0; c < columns; ++c) infos.push_back({Labels::of(fmt::format("m{:05}", c))});
  const std::vector<double> values(rows, 7);
  Selection many;
  for (std::size_t c = 0; c < columns; ++c) {
    // Two are long; the others have a few samples on both sides of a part's end.
    const std::size_t from = c < 2 ? 0 : kPartRowsMax - 5, n = c < 2 ? rows : 10;
    many.series.push_back({&infos[c], std::span(times).subspan(from, n), std::span(values).subspan(from, n)});
    many.samples += n;
  }
  std::size_t last = 0;
  const auto bytes =
      encode_snapshot(many, {{"", "", {0, times.back()}, {}}, {}, {{"g", 1000, times}}}, [&](std::size_t done, std::size_t all) {
        CHECK((last <= done && done <= all));
        last = done;
      });
  REQUIRE(bytes);
  CHECK(last > 0);
  const MemoryStore read = SnapshotNode::opened(*bytes);
  CHECK((told(read, {}, {0, times.back()}) == told(many)));
  CHECK(read.group_rows({0, times.back()})[0].rows == rows);
}

TEST_CASE("series share rows where their times are some of them") {
  const std::vector<TimeMs> all{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, same = all, some{2, 5, 6}, few{3}, others{2, 5, 11};
  const std::vector<double> values(10);
  const SeriesInfo info{Labels::of("m")};
  const auto view = [&](const std::vector<TimeMs>& t) { return SeriesView{&info, t, std::span(values).first(t.size())}; };
  const std::vector<SeriesView> series{view(some), view(all), view(few), view(same), view(others)};
  const auto rows = snapshot_rows(series);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].series == std::vector<std::size_t>{0, 1, 3});
  CHECK(rows[1].series == std::vector<std::size_t>{4});
  CHECK(rows[2].series == std::vector<std::size_t>{2});  // one cell in ten: as rows of its own it is smaller, and bounded
}

TEST_CASE("a snapshot that is cut or changed anywhere is an error that says where") {
  const std::string good = Small().bytes();
  REQUIRE(error_of(good).empty());
  for (std::size_t n = 0; n < good.size(); ++n) {
    INFO("cut at " << n);
    const std::string e = error_of(good.substr(0, n));
    REQUIRE(e.starts_with("x.tacho: at byte "));
  }
  CHECK(error_of(good + '\0').find("bytes instead of") != std::string::npos);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bits : {0x01, 0x80, 0xff}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ bits);
      INFO("byte " << i);
      REQUIRE(error_of(bad).starts_with("x.tacho: "));
    }
  }
  std::string part = good;
  part[sizeof(SnapshotHeader) + 3] ^= 1;
  CHECK(error_of(part).starts_with("x.tacho: at byte 48: a part of "));
  std::string later = good;
  later[8] = 9;
  CHECK(error_of(later).find("version 9, this tacho reads version 1") != std::string::npos);
}

TEST_CASE("what a snapshot's directory says is not believed") {
  const std::string good = Small().bytes();
  REQUIRE(error_of(with_directory(good, [](fb::Snapshot&) {})).empty());
  const auto error_with = [&](const std::function<void(fb::Snapshot&)>& change) {
    return error_of(with_directory(good, change));
  };
  const auto part = [](const flatbuffers::Vector<const fb::SnapshotPart*>* parts, std::size_t i) {
    return reinterpret_cast<std::uint64_t*>(const_cast<fb::SnapshotPart*>(parts->Get(static_cast<std::uint32_t>(i))));
  };
  const auto set = [&](std::size_t field, std::uint64_t value) {
    return error_with([&](fb::Snapshot& s) { part(s.samples(), 0)[field] = value; });
  };
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    CHECK_FALSE(set(0, value).empty());  // offset
    CHECK_FALSE(set(1, value).empty());  // bytes
    CHECK_FALSE(set(2, value).empty());  // checksum
    CHECK_FALSE(set(3, value).empty());  // schema_bytes and samples
  }
  const auto group = [&](std::uint64_t samples) {
    return error_with([&](fb::Snapshot& s) {
      std::uint64_t& sizes = part(s.groups(), 0)[3];
      sizes = (sizes & 0xffff'ffff) | samples << 32;
    });
  };
  CHECK(group(4).find("rows of the group \"g\"") != std::string::npos);
  CHECK(group(0xffff'ffff).find("more than 50000000 samples") != std::string::npos);
  CHECK(error_of(std::as_bytes(std::span(good)), 7).find("more than 7 samples") != std::string::npos);
  CHECK(error_of(std::as_bytes(std::span(good)), 8).empty());
}

TEST_CASE("what no reader takes is not written") {
  Small small;
  Selection huge = small.selection();
  huge.samples = kSnapshotSamplesMax + 1;
  CHECK(encode_snapshot(huge, small.frame).error().message.find("shorter range or fewer series") != std::string::npos);
  small.frame.origin.range = {INT64_MIN, 10'000};
  CHECK_FALSE(encode_snapshot(small.selection(), small.frame));
}

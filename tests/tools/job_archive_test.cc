#include "tools/agent/job_archive.h"

#include <catch2/catch.hpp>

#include "proto/base/file.h"
#include "store/store.h"
#include "tests/temp_dir.h"
#include "tools/agent/job_labels.h"

using namespace tacho;
using namespace tacho::tools;

namespace {

constexpr TimeMs kBegin = 1'700'000'000'000;

// A node with one card that is somebody's from time to time.
struct Node {
  test::TempDir dir;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Group> group;
  std::shared_ptr<const store::IdentityTimeline> timeline;
  std::vector<store::Identity> written;
  TimeMs now = kBegin;

  Node() {
    auto opened = store::Store::open({.dirs = {dir / "state", dir / "run"}});
    REQUIRE(opened);
    store = std::move(*opened);
    group = store->group("card", 1000);
    store::Schema schema;
    for (const char* metric : {"accel_up", "accel_energy_joules_total"})
      schema.push_back({Labels::of(metric, {{"vendor", "nvidia"}, {"accel", "0"}})});
    REQUIRE(group->describe(std::move(schema)));
  }

  void seconds(int count) {
    for (int i = 0; i < count; ++i, now += 1000) {
      auto cells = group->begin_row();
      cells[0].store(std::bit_cast<std::uint64_t>(1.0));
      cells[1].store(std::bit_cast<std::uint64_t>(static_cast<double>((now - kBegin) / 10)));
      group->publish(now);
    }
  }
  void belongs_to(const std::string& job, const std::string& uid) {
    Labels labels;
    if (!job.empty()) labels = Labels{{"job_name", job}, {"job_namespace", "team-a"}, {"pod", job + "-0"}, {"pod_uid", uid}};
    written.push_back({"device nvidia 0", {Labels{{"accel", "0"}}}, labels, now});
    timeline = store::IdentityTimeline::of(written);
  }
  store::TimelineSource source() {
    return [this] { return timeline; };
  }
  JobArchiveOptions archive_of(const store::IdentityView& view) {
    return {.folder = dir / "state" + "/jobs",
            .window = view,
            .timeline = source(),
            .report = {.is_identity = identity_labels_of(source())}};
  }
  std::vector<ArchivedJob> archived(const std::string& name) { return archived_jobs(dir / "state", name); }
};

}  // namespace

TEST_CASE("a job that has ended leaves a report of each of its runs, once") {
  Node n;
  const store::IdentityView view(*n.store, n.source());
  JobArchive archive(n.archive_of(view));
  n.belongs_to("train", "u1");
  archive.look(n.now);
  n.seconds(30);
  archive.look(n.now);
  n.belongs_to("", "");
  n.seconds(5);
  archive.look(n.now);
  CHECK(n.archived("train").empty());  // it may come back at once
  n.belongs_to("train", "u2");
  n.seconds(40);
  archive.look(n.now);
  n.belongs_to("", "");
  n.seconds(20);
  archive.look(n.now);
  n.seconds(20);
  archive.look(n.now);
  archive.look(n.now + 100'000);
  REQUIRE(n.archived("team-a/train").size() == 2);
  CHECK(n.archived("train").size() == 2);
  CHECK(n.archived("rain").empty());
  CHECK(read_file(n.archived("train")[0].json_path)->find(R"("run":1,"runs":2)") != std::string::npos);
  const ArchivedJob kept = n.archived("train")[1];
  const auto json = read_file(kept.json_path), text = read_file(kept.text_path);
  REQUIRE(json);
  INFO(*json);
  CHECK(json->find(R"("run":2,"runs":2)") != std::string::npos);
  CHECK(json->find(R"("held_seconds":40,)") != std::string::npos);
  CHECK(json->find(R"("began_earlier":false,"running":false)") != std::string::npos);
  CHECK(json->find(R"("energy_joules":4000,)") != std::string::npos);
  CHECK(text->starts_with("job team-a/train (run 2 of 2)\n"));
}

TEST_CASE("what ended while no agent ran is found by the next one, and names longer than a file's may be are told apart") {
  Node n;
  const store::IdentityView view(*n.store, n.source());
  const std::string name(200, 'x');
  n.belongs_to(name + "1", "u1");
  n.seconds(10);
  n.belongs_to(name + "2", "u2");
  n.seconds(10);
  n.belongs_to("", "");
  n.seconds(20);
  for (int start = 0; start < 2; ++start) {
    JobArchive archive(n.archive_of(view));
    archive.look(n.now);
    CHECK(n.archived(name + "1").size() == 1);
    CHECK(n.archived("team-a/" + name + "2").size() == 1);
  }
}

TEST_CASE("reports of jobs are bounded, and the oldest go") {
  Node n;
  const store::IdentityView view(*n.store, n.source());
  JobArchive archive(n.archive_of(view));
  for (std::size_t i = 0; i < JobArchive::kReportsMax + 3; ++i) {
    n.belongs_to("j" + std::to_string(i), "u" + std::to_string(i));
    archive.look(n.now);
    n.seconds(2);
    n.belongs_to("", "");
    archive.look(n.now);
    n.seconds(1);
    archive.look(n.now + JobArchive::kEndedMs);
  }
  CHECK(n.archived("j2").empty());
  CHECK(n.archived("j3").size() == 1);
  CHECK(n.archived("j" + std::to_string(JobArchive::kReportsMax + 2)).size() == 1);
}

TEST_CASE("a job whose pods held no device leaves no report") {
  Node n;
  const store::IdentityView view(*n.store, n.source());
  JobArchive archive(n.archive_of(view));
  n.written.push_back({"pod u9", {Labels{{"pod_uid", "u9"}}}, Labels{{"job_name", "sidecar"}, {"pod", "p"}}, n.now});
  n.timeline = store::IdentityTimeline::of(n.written);
  archive.look(n.now);
  n.seconds(3);
  n.written.push_back({"pod u9", {Labels{{"pod_uid", "u9"}}}, Labels(), n.now});
  n.timeline = store::IdentityTimeline::of(n.written);
  archive.look(n.now);
  archive.look(n.now + JobArchive::kEndedMs);
  CHECK(n.archived("sidecar").empty());
}

#include "sampler/host/storage/statfs_pool.h"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "sampler/catalogue.h"
#include "sampler/host/storage/filesystem.h"
#include "tests/sampler/source_fixture.h"

namespace tacho::sampler {
namespace {

using Outcome = StatfsPool::Outcome;
using std::chrono::milliseconds;

// Mounts whose names are in `dead` do not answer until they are no longer in it.
struct Mounts {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::string> dead;
  int calls = 0;

  void kill(std::set<std::string> names) {
    const std::lock_guard lock(mutex);
    dead = std::move(names);
    changed.notify_all();
  }
  int calls_so_far() {
    const std::lock_guard lock(mutex);
    return calls;
  }
} mounts;

int mounts_statfs(const char* path, struct statfs& out) {
  std::unique_lock lock(mounts.mutex);
  ++mounts.calls;
  mounts.changed.wait(lock, [&] { return !mounts.dead.contains(path); });
  out.f_blocks = std::string_view(path).size();
  return std::string_view(path).ends_with("gone") ? EIO : 0;
}

struct Pool {
  StatfsPool pool{mounts_statfs};
  std::vector<std::shared_ptr<StatfsPool::Place>> places;
  std::vector<StatfsPool::Answer> answers;

  explicit Pool(const std::vector<std::string>& paths) {
    mounts.kill({});
    for (const std::string& path : paths) places.push_back(pool.place(path));
    answers.resize(places.size());
  }
  ~Pool() { mounts.kill({}); }

  // A letter a mount: what came back.
  std::string ask(milliseconds patience = milliseconds(10'000)) {
    pool.ask(places, patience, answers);
    std::string text;
    for (const auto& answer : answers)
      text += answer.outcome == Outcome::hangs ? 'h' : answer.outcome == Outcome::not_asked ? '-' : answer.error ? 'e' : 'a';
    return text;
  }
  // Until no call hangs any more; what returned is free to be asked again.
  void wait_until_hanging(std::size_t count) const {
    while (pool.hanging() != count) std::this_thread::yield();
  }
};

std::vector<std::string> paths(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("/m" + std::to_string(i));
  return names;
}

}  // namespace

TEST_CASE("mounts that answer are asked by one thread, each its own question") {
  Pool p({"/a", "/bb", "/gone"});
  for (int round = 0; round < 50; ++round) {
    CHECK(p.ask() == "aae");
    CHECK(p.answers[0].stat.f_blocks == 2);
    CHECK(p.answers[1].stat.f_blocks == 3);
    CHECK(p.answers[2].error == EIO);
  }
  CHECK(p.pool.threads() <= 2);  // a second one only if the machine held up the first
  CHECK(p.pool.hanging() == 0);
}

TEST_CASE("a mount that hangs is asked once, the others go on, and it is back when its call is") {
  Pool p({"/a", "/b", "/c"});
  mounts.kill({"/b"});
  CHECK(p.ask(milliseconds(300)) == "aha");
  const int calls = mounts.calls_so_far();
  // From now on nobody waits for it: with the patience of an hour the others' answers come at once.
  for (int round = 0; round < 20; ++round) CHECK(p.ask(milliseconds(3'600'000)) == "aha");
  CHECK(mounts.calls_so_far() == calls + 40);
  CHECK(p.pool.hanging() == 1);
  CHECK(p.pool.threads() <= 3);
  mounts.kill({});
  p.wait_until_hanging(0);
  CHECK(p.ask() == "aaa");
}

TEST_CASE("mounts that are dead from the start get four threads and mounts that answered before get theirs") {
  Pool p(paths(3));
  CHECK(p.ask() == "aaa");
  const auto all = paths(10);
  for (int i = 3; i < 10; ++i) p.places.push_back(p.pool.place(all[static_cast<std::size_t>(i)]));
  p.answers.resize(10);
  mounts.kill({all.begin() + 3, all.end()});
  CHECK(p.ask(milliseconds(1000)) == "aaahhhh---");
  CHECK(p.pool.hanging() == StatfsPool::kDoubtfulMax);
  const int calls = mounts.calls_so_far();
  for (int round = 0; round < 20; ++round) CHECK(p.ask(milliseconds(3'600'000)) == "aaahhhh---");
  CHECK(mounts.calls_so_far() == calls + 60);
  CHECK(p.pool.threads() <= StatfsPool::kThreadsMax);
  mounts.kill({});
  p.wait_until_hanging(0);
  CHECK(p.ask() == "aaaaaaaaaa");
}

TEST_CASE("when all mounts die at once the threads stay eight and all come back") {
  Pool p(paths(12));
  CHECK(p.ask() == "aaaaaaaaaaaa");
  const auto all = paths(12);
  mounts.kill({all.begin(), all.end()});
  CHECK(p.ask(milliseconds(1000)) == "hhhhhhhh----");
  CHECK(p.ask(milliseconds(3'600'000)) == "hhhhhhhh----");
  CHECK(p.pool.threads() == StatfsPool::kThreadsMax);
  mounts.kill({});
  p.wait_until_hanging(0);
  CHECK(p.ask() == "aaaaaaaaaaaa");
}

TEST_CASE("a pool whose calls hang can go and its threads end later") {
  {
    Pool p(paths(3));
    mounts.kill({"/m1"});
    CHECK(p.ask(milliseconds(100)) == "aha");
  }  // the mount comes back after the pool is gone, or before: both are fine
}

TEST_CASE("a dead mount has the device_error mountpoint timeout and the other mounts keep their values") {
  mounts.kill({});
  Machine machine;
  machine.write("proc/1/mountinfo", "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 1 0:40 / /data rw - nfs4 store:/x rw\n");
  FilesystemSource source({.procfs = machine.path("proc"), .sysfs = machine.path("sys"), .rootfs = ""}, mounts_statfs);
  source.set_interval(300);
  Watched watched(source);
  const std::string root = "{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"}";
  const std::string dead = "{device=\"store:/x\",device_error=\"mountpoint timeout\",fstype=\"nfs4\",mountpoint=\"/data\"}";
  const std::string data = "{device=\"store:/x\",fstype=\"nfs4\",mountpoint=\"/data\"}";
  CHECK(watched.tick() == 1);
  CHECK(watched("node_filesystem_device_error" + data) == 0);
  mounts.kill({"/data"});
  CHECK(watched.tick() == 1);
  CHECK(watched("node_filesystem_device_error" + dead) == 1);
  CHECK_FALSE(watched.has("node_filesystem_size_bytes" + data));
  CHECK(watched.has("node_filesystem_size_bytes" + root));
  CHECK(watched("tacho_filesystem_hanging_calls") == 1);
  CHECK(watched.tick() == 0);
  mounts.kill({});
  while (watched("tacho_filesystem_hanging_calls") == 1 || !watched.has("node_filesystem_size_bytes" + data)) watched.tick();
  CHECK(watched("node_filesystem_device_error" + data) == 0);
}

}  // namespace tacho::sampler

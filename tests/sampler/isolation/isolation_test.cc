// Sources in a child: what they say comes through, and what becomes of it when the child hangs, crashes, or talks nonsense.

#include "sampler/isolation/isolate.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "sampler/accel_sources.h"
#include "sampler/call_mark.h"
#include "sampler/isolation/child_source.h"
#include "sampler/isolation/distant_source.h"
#include "sampler/isolation/serve.h"
#include "sampler/scheduler.h"
#include "store/store.h"
#include "tests/accel/fake_nvml.h"
#include "tests/fake_clock.h"
#include "tests/sampler/source_fixture.h"
#include "tests/temp_dir.h"

namespace tacho::sampler {
namespace {

enum class Act : int { row, fail, segv, unmarked_segv, abort, exit, hang };

// What a source in a child is to do: in memory that both processes have.
struct Script {
  std::atomic<Act> act{Act::row};
  std::atomic<int> series{3};
  std::atomic<int> rows{0};
  std::atomic<int> described{0};
  std::atomic<int> hangs{0};  // times that it began to
  std::atomic<std::int64_t> interval_ms{0};
  std::atomic<pid_t> pid{0};
};

class Scripts {
 public:
  explicit Scripts(std::size_t n)
      : bytes_(n * sizeof(Script)), at_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    REQUIRE(at_ != MAP_FAILED);
    for (std::size_t i = 0; i < n; ++i) new (&(*this)[i]) Script;
  }
  ~Scripts() { ::munmap(at_, bytes_); }
  Scripts(const Scripts&) = delete;
  Script& operator[](std::size_t i) { return static_cast<Script*>(at_)[i]; }

 private:
  std::size_t bytes_;
  void* at_;
};

const char* the_call(const void*, const void*) { return "vendorReadAll"; }

class ScriptedSource final : public Source {
 public:
  ScriptedSource(std::string name, Script& script, std::shared_ptr<AccelState> state)
      : name_(std::move(name)), script_(script), state_(std::move(state)) {}
  std::string_view name() const override { return name_; }
  std::string_view configured_as() const override { return "scripted"; }
  std::int64_t default_interval_ms() const override { return 5000; }
  std::int64_t settling_ms() const override { return 7; }
  void set_interval(std::int64_t ms) override { script_.interval_ms = ms; }
  bool may_block() const override { return true; }
  Result<void> describe(store::Schema& schema) override {
    if (script_.act == Act::fail) return failure("there is no such device");
    series_ = script_.series;
    for (int i = 0; i < series_; ++i)
      schema.push_back({Labels::of("x", {{"i", std::to_string(i)}}), MetricType::gauge, store::Rollup::none});
    if (state_) state_->described({{"uuid", name_}});
    ++script_.described;
    script_.pid = ::getpid();
    return {};
  }
  Result<Sampled> sample(Row& row) override {
    switch (script_.act) {
      case Act::row: break;
      case Act::fail: return failure("the device is lost");
      case Act::segv:
        call_mark = {.function = this, .library = this, .name = the_call};
        std::raise(SIGSEGV);
        break;
      case Act::unmarked_segv: std::raise(SIGSEGV); break;
      case Act::abort: std::abort();
      case Act::exit: ::_exit(3);
      case Act::hang:
        ++script_.hangs;
        while (script_.act == Act::hang) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        break;
    }
    if (script_.series != series_) return Sampled::layout_changed;
    for (int i = 0; i < series_; ++i) {
      if (i != 1) row.set(static_cast<std::size_t>(i), i == 0 ? ++script_.rows : -0.0);
    }
    return Sampled::ok;
  }

 private:
  const std::string name_;
  Script& script_;
  const std::shared_ptr<AccelState> state_;
  int series_ = 0;
};

// A device of two sources in a child.
class Device {
 public:
  Device() {
    auto devices = std::make_shared<std::vector<DeviceSources>>(1);
    DeviceSources& device = devices->front();
    device.name = "sick";
    device.state = state;
    device.sources.push_back(std::make_unique<ScriptedSource>("sick", scripts[0], state));
    device.sources.push_back(std::make_unique<ScriptedSource>("sick_slow", scripts[1], nullptr));
    starter = *ChildStarter::create(
        1, [devices](std::size_t, std::vector<Socket> sockets) { serve(devices->front(), std::move(sockets)); });
    child = std::make_shared<Child>(starter, 0, "sick", 2, clock);
    for (std::size_t i = 0; i < 2; ++i) {
      sources[i] = std::make_unique<DistantSource>(std::shared_ptr<const Source>(devices, device.sources[i].get()),
                                                   i == 0 ? state : nullptr, child, i, clock);
      watched[i] = std::make_unique<Watched>(*sources[i]);
      sources[i]->set_interval(1000);
    }
  }
  // Of the first source.
  std::string row() {
    const auto sampled = watched[0]->sample();
    if (!sampled) return sampled.error().message;
    return *sampled == Sampled::layout_changed ? "layout changed" : fmt::format("{}", (*watched[0])("x{i=\"0\"}"));
  }

  Scripts scripts{2};
  Script& script = scripts[0];
  FixedClock clock{1'790'000'000'000'000'000, 1'000'000'000'000};
  std::shared_ptr<AccelState> state = std::make_shared<AccelState>();
  std::shared_ptr<ChildStarter> starter;
  std::shared_ptr<Child> child;
  std::unique_ptr<DistantSource> sources[2];
  std::unique_ptr<Watched> watched[2];
};

// The times are generous, and none is a guarantee: a machine may be held up.
bool is_gone(pid_t pid) {
  for (int i = 0; i < 30'000 && ::kill(pid, 0) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return ::kill(pid, 0) != 0;
}

void wait_until_hanging(const Script& script, int times = 1) {
  for (int i = 0; i < 30'000 && script.hangs < times; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(script.hangs == times);
}

TEST_CASE("a source in a child looks as it does at home") {
  Device d;
  CHECK(d.sources[0]->name() == "sick");
  CHECK(d.sources[0]->configured_as() == "scripted");
  CHECK(d.sources[0]->default_interval_ms() == 5000);
  CHECK(d.sources[0]->settling_ms() == 7);
  CHECK(d.sources[0]->may_block());

  CHECK(d.watched[0]->tick() == 1);
  CHECK(d.script.interval_ms == 1000);
  CHECK((*d.watched[0])("x{i=\"0\"}") == 1);
  CHECK(is_absent((*d.watched[0])("x{i=\"1\"}")));
  CHECK(std::signbit((*d.watched[0])("x{i=\"2\"}")));
  CHECK(d.watched[0]->tick() == 0);
  CHECK(d.row() == "3");
  CHECK(d.script.pid != ::getpid());

  d.script.series = 5;
  CHECK(d.row() == "layout changed");
  d.watched[0]->tick();
  d.watched[0]->tick();
  CHECK(d.watched[0]->schema().size() == 5);
  CHECK(d.child->lives() == 1);
  CHECK(d.child->cpu_ns() > 0);
  CHECK(d.child->resident_bytes() > 1'000'000);
}

TEST_CASE("what a source in a child says of a failure comes through, and whose it is") {
  Device d;
  d.script.act = Act::fail;
  CHECK(d.watched[0]->describe().error().message == "there is no such device");
  d.script.act = Act::row;
  d.watched[0]->tick();
  CHECK(d.state->labels() == std::vector<Label>{{"uuid", "sick"}});
  CHECK(d.state->up(d.clock.mono()));
  d.script.act = Act::fail;
  CHECK(d.row() == "the device is lost");
  CHECK_FALSE(d.state->up(d.clock.mono()));
  CHECK(d.child->lives() == 1);
}

TEST_CASE("a child that dies in a call costs that row, says of what, and is started again with the next") {
  struct Case {
    Act act;
    const char* says;
  };
  for (const Case& c :
       {Case{Act::segv,
             " was ended by SIGSEGV (Segmentation fault), struck by SIGSEGV in vendorReadAll of sick, which was "
             "asked for a row; it is started again with the next row"},
        Case{Act::unmarked_segv,
             " was ended by SIGSEGV (Segmentation fault), struck by SIGSEGV in sick, which was asked for a "
             "row; it is started again with the next row"},
        Case{Act::abort,
             " was ended by SIGABRT (Aborted), struck by SIGABRT in sick, which was asked for a row; it is started "
             "again with the next row"},
        Case{Act::exit, " ended by itself with code 3; it is started again with the next row"}}) {
    Device d;
    d.watched[0]->tick();
    d.watched[1]->tick();
    const pid_t before = d.script.pid;
    d.script.act = c.act;
    CHECK(d.row() == fmt::format("the process of sick (pid {}){}", before, c.says));
    CHECK_FALSE(d.child->runs());
    CHECK_FALSE(d.state->up(d.clock.mono()));
    d.script.act = Act::row;
    CHECK(d.row() == "layout changed");
    CHECK(d.watched[0]->describe());
    CHECK(d.row() == "2");
    CHECK(d.state->up(d.clock.mono()));
    CHECK(d.child->lives() == 2);
    CHECK(d.script.pid != before);
    // The other source learns of it with its own next row, and loses none.
    CHECK(*d.watched[1]->sample() == Sampled::layout_changed);
    d.watched[1]->describe();
    CHECK(*d.watched[1]->sample() == Sampled::ok);
    CHECK(d.child->lives() == 2);
  }
}

TEST_CASE("a child that dies while nothing is asked of it costs no row") {
  Device d;
  d.watched[0]->tick();
  ::kill(d.script.pid, SIGKILL);
  // Its end of the sockets closes a moment later.
  while (d.row() == "2") d.script.rows = 1;
  CHECK(d.watched[0]->describe());
  d.script.rows = 1;
  CHECK(d.row() == "2");
  CHECK(d.child->lives() == 2);
}

TEST_CASE("a child killed between question and answer ends the waiting, for both of its sources") {
  Device d;
  d.watched[0]->tick();
  d.watched[1]->tick();
  d.scripts[0].act = d.scripts[1].act = Act::hang;
  std::string said[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) threads[i] = std::thread([&, i] { said[i] = d.watched[i]->sample().error().message; });
  for (int i = 0; i < 2; ++i) wait_until_hanging(d.scripts[i]);
  ::kill(d.script.pid, SIGKILL);
  for (std::thread& t : threads) t.join();
  for (const std::string& s : said) {
    CHECK(s == fmt::format("the process of sick (pid {}) was ended by SIGKILL (Killed); it is started again with the next row",
                           d.script.pid.load()));
  }
  d.scripts[0].act = d.scripts[1].act = Act::row;
  CHECK(d.row() == "layout changed");
  CHECK(d.watched[0]->describe());
  CHECK(d.row() == "2");
}

TEST_CASE("a slow child is waited for, and its other source is not held up") {
  Device d;
  d.watched[0]->tick();
  d.watched[1]->tick();
  d.script.act = Act::hang;
  std::string said;
  std::thread slow([&] { said = d.row(); });
  for (int i = 0; i < 10; ++i) CHECK(*d.watched[1]->sample() == Sampled::ok);
  d.script.act = Act::row;
  slow.join();
  CHECK(said == "2");
  CHECK(d.row() == "3");
  CHECK(d.child->lives() == 1);
}

// Killed within its driver's call it could have left the card in need of a reset.
TEST_CASE("a child that is given up while another thread of it is in a call has its time of grace to come back") {
  for (const bool comes_back : {true, false}) {
    Device d;
    d.watched[0]->tick();
    d.watched[1]->tick();
    const pid_t before = d.script.pid;
    d.scripts[1].act = Act::hang;
    std::thread waiting([&] { (void)d.watched[1]->sample(); });
    wait_until_hanging(d.scripts[1]);
    (void)d.child->lost(d.child->lives(), "talked nonsense");
    waiting.join();
    CHECK(d.row().find("has not ended yet") != std::string::npos);
    CHECK(::kill(before, 0) == 0);
    if (comes_back) d.scripts[1].act = Act::row;
    if (!comes_back) std::this_thread::sleep_for(std::chrono::milliseconds(ChildStarter::kGraceMs));
    d.clock.advance_ms(60'000);
    CHECK(d.row() == "layout changed");
    CHECK(d.watched[0]->describe());
    CHECK(d.script.pid != before);
    CHECK(is_gone(before));
    CHECK(d.child->lives() == 2);
  }
}

TEST_CASE("who waits for a child that hangs is called back at the end") {
  auto d = std::make_unique<Device>();
  d->watched[0]->tick();
  d->script.act = Act::hang;
  std::string said;
  std::thread waiting([&] { said = d->row(); });
  wait_until_hanging(d->script);
  d->sources[1]->give_up();
  waiting.join();
  CHECK(said == "the agent ends");
  CHECK(d->row() == "the agent ends");
  d->script.act = Act::row;
}

TEST_CASE("a child that dies again and again is started less and less often") {
  Device d;
  d.watched[0]->tick();
  d.script.act = Act::exit;
  for (const int seconds : {0, 2, 4, 8, 16, 32, 60, 60}) {
    const auto sampled = d.watched[0]->sample();
    REQUIRE_FALSE(sampled);
    INFO(sampled.error().message);
    CHECK(sampled.error().message.ends_with(seconds == 0 ? std::string("again with the next row")
                                                         : fmt::format("again in {} s", seconds)));
    if (seconds > 0) {
      d.clock.advance_ms(seconds * 1000 - 1);
      CHECK(d.row() == sampled.error().message);
      d.clock.advance_ms(1);
    }
    REQUIRE(d.watched[0]->describe());
  }
  CHECK(d.child->lives() == 9);
  // A minute of life makes the next end a first one again.
  d.clock.advance_ms(60'000);
  CHECK(d.row().ends_with("again with the next row"));
}

TEST_CASE("the agent's end is its children's, and leaves nobody unburied") {
  pid_t child = 0;
  {
    Device d;
    d.watched[0]->tick();
    child = d.script.pid;
    // What ends a service is sent to all of its processes; the agent is the one to act.
    ::kill(child, SIGTERM);
    CHECK(d.row() == "2");
    for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", child))) {
      const int fd = std::stoi(entry.path().filename());
      std::error_code ec;
      const std::string what = std::filesystem::read_symlink(entry.path(), ec);
      INFO(fd << " " << what);
      CHECK((fd <= 2 || what.starts_with("socket:") || what.ends_with("/statm") || !what.starts_with("/proc")));
    }
  }
  CHECK(is_gone(child));
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a child that hangs when the agent ends is ended after its time of grace, and not waited for") {
  pid_t child = 0;
  std::chrono::steady_clock::time_point begun;
  {
    Device d;
    d.watched[0]->tick();
    child = d.script.pid;
    d.script.act = Act::hang;
    std::thread waiting([&] { d.row(); });
    wait_until_hanging(d.script);
    d.sources[0]->give_up();
    waiting.join();
    begun = std::chrono::steady_clock::now();
  }
  // It is still there, unless the machine was held up for as long as its grace lasts.
  const bool is_there = ::kill(child, 0) == 0;
  const auto took = std::chrono::steady_clock::now() - begun;
  CHECK((is_there || took >= std::chrono::milliseconds(ChildStarter::kGraceMs)));
  CHECK(is_gone(child));
}

TEST_CASE("without the process that starts children there is an error that says what to do") {
  Device d;
  d.watched[0]->tick();
  const pid_t starter = [&] {
    const std::string stat = read_file(fmt::format("/proc/{}/stat", d.script.pid.load())).value();
    return std::atoi(stat.c_str() + stat.rfind(')') + 4);
  }();
  ::kill(starter, SIGKILL);
  CHECK(is_gone(d.script.pid));
  CHECK(d.row().find("is gone") != std::string::npos);
  d.clock.advance_ms(60'000);
  CHECK(d.row().find("restart the agent") != std::string::npos);
}

// A child that answers as it is told, byte by byte.
class Liar {
 public:
  using Lie = std::function<void(const Question&, const Socket&)>;

  explicit Liar(Lie lie)
      : starter(*ChildStarter::create(1,
                                      [lie](std::size_t, std::vector<Socket> sockets) {
                                        std::array<std::byte, sizeof(Question)> message;
                                        while (sockets[0].receive(message) == sizeof(Question))
                                          lie(*read_question(message), sockets[0]);
                                      })),
        child(std::make_shared<Child>(starter, 0, "liar", 1)),
        source(std::make_shared<ScriptedSource>("liar", scripts[0], nullptr), nullptr, child, 0) {}

  Scripts scripts{1};
  std::shared_ptr<ChildStarter> starter;
  std::shared_ptr<Child> child;
  DistantSource source;
};

void send_description(const Question& question, const Socket& socket) {
  const auto packed = *pack_description({.series = {{Labels::of("x"), MetricType::gauge, store::Rollup::none}}, .identity = {}});
  socket.send(bytes_of(AnswerHead{.number = question.number, .count = 1}), packed);
}

TEST_CASE("a child that describes nonsense is not believed, and ended") {
  struct Case {
    Liar::Lie lie;
    std::string says;
  };
  const std::byte nonsense[100] = {};
  const Case cases[] = {
      {[&](const Question&, const Socket& s) { s.send(nonsense); },
       "and gave liar a message that begins with 0x0, not with 0x6f686361"},
      {[&](const Question&, const Socket& s) { s.send(std::span(nonsense).first(3)); }, "and gave liar a message of 3 bytes"},
      {[&](const Question& q, const Socket& s) { s.send(bytes_of(AnswerHead{.number = q.number, .count = 3}), nonsense); },
       "and described liar by "},
      {[&](const Question& q, const Socket& s) { s.send(bytes_of(AnswerHead{.number = q.number + 1})); },
       "and gave liar an answer to question 2, not to 1"},
      {[](const Question&, const Socket& s) { s.send(std::vector<std::byte>(kMessageBytesMax + 8)); },
       "and gave liar an answer of 131080 bytes"},
  };
  for (const Case& c : cases) {
    Liar liar(c.lie);
    store::Schema schema;
    const auto described = liar.source.describe(schema);
    REQUIRE_FALSE(described);
    INFO(described.error().message);
    CHECK(described.error().message.find(c.says) != std::string::npos);
    CHECK(schema.empty());
    CHECK_FALSE(liar.child->runs());
  }
}

TEST_CASE("a child whose row is none is not believed, and ended") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t seed = random();
    INFO("seed " << seed);
    // A row of one cell, with a byte of the head's first 24 or of its length wrong.
    Liar liar([seed](const Question& q, const Socket& s) {
      if (q.asked == Asked::describe) return send_description(q, s);
      std::mt19937_64 own(seed);
      std::vector<std::byte> bytes(sizeof(AnswerHead) + 8);
      const AnswerHead head{.number = q.number, .count = 1};
      std::memcpy(bytes.data(), &head, sizeof head);
      if (own() % 3 == 0) {
        bytes.resize(own() % bytes.size());
      } else {
        bytes[own() % 7] ^= static_cast<std::byte>(own() % 255 + 1);
      }
      s.send(bytes);
    });
    Watched watched(liar.source);
    REQUIRE(watched.describe());
    const auto sampled = watched.sample();
    REQUIRE_FALSE(sampled);
    CHECK(sampled.error().message.find("and gave liar ") != std::string::npos);
    CHECK_FALSE(liar.child->runs());
    CHECK(*watched.sample() == Sampled::layout_changed);
    CHECK(liar.child->lives() == 2);
  }
}

// Cards of the fake library, which children inherit as it was told.
struct Cards {
  Cards() {
    nvml.play("h200_580.txt");
    for (int i = 0; i < 3; ++i) {
      nvml.tell(fmt::format("DEVICE {} {}uuid=GPU-{} bus=00000000:{:02X}:00.0", i, i == 0 ? "" : "like=0 ", i, 0x10 + i));
      const std::string device = fmt::format("sys/bus/pci/devices/0000:{:02x}:00.0/", 0x10 + i);
      machine.write(device + "vendor", "0x10de\n");
      machine.write(device + "class", "0x030200\n");
    }
  }
  FakeNvml nvml;
  Machine machine;
};

TEST_CASE("cards in processes give the series and the rows that they give in threads") {
  Cards cards;
  const AccelOptions options{.nvml_library = cards.nvml.path()};
  auto apart = make_isolated_accel_sources(cards.machine.roots(), options);
  REQUIRE(apart);
  auto here = make_accel_sources(cards.machine.roots(), options);
  REQUIRE(here.size() == 7);
  REQUIRE(apart->size() == 8);
  const auto named = [](auto& sources, std::string_view name) -> Source& {
    for (auto& s : sources) {
      if (s->name() == name) return *s;
    }
    FAIL("no source " << name);
    return *sources[0];
  };
  for (const auto& source : here) {
    INFO(source->name());
    if (!source->may_block()) continue;
    Watched one(*source), other(named(*apart, source->name()));
    for (int i = 0; i < 2; ++i) {
      one.tick();
      other.tick();
    }
    REQUIRE(one.schema() == other.schema());
    CHECK(one.schema().size() > 20);
    for (const store::SeriesInfo& info : one.schema()) {
      const std::string series = info.labels.to_string();
      INFO(series);
      CHECK(is_absent(one(series)) == is_absent(other(series)));
    }
  }
  Watched accel(named(*apart, "accel"));
  accel.tick();
  CHECK(accel("accel_up{accel=\"2\",model=\"NVIDIA H200\",pci_bus_id=\"0000:12:00.0\",uuid=\"GPU-2\",vendor=\"nvidia\"}") == 1);
  Watched children(named(*apart, "accel_children"));
  children.tick();
  CHECK(children("tacho_accel_child_up{child=\"nvidia2\"}") == 1);
  CHECK(children("tacho_accel_child_restarts_total{child=\"nvidia2\"}") == 0);
  CHECK(children("tacho_accel_child_cpu_seconds_total{child=\"nvidia2\"}") > 0);
}

TEST_CASE("sampling ends in time while a child hangs, and nothing is left behind") {
  test::TempDir dir;
  Scripts scripts(2);
  std::vector<DeviceSources> devices(1);
  devices[0].name = "sick";
  devices[0].sources.push_back(std::make_unique<ScriptedSource>("sick", scripts[0], nullptr));
  std::vector<std::unique_ptr<Source>> sources;
  REQUIRE(isolate(std::move(devices), sources));
  const auto store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));
  Scheduler scheduler(*store, system_clock());
  for (auto& s : sources) scheduler.add(std::move(s), 10);
  scheduler.start();
  while (scripts[0].rows < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  scripts[0].act = Act::hang;
  while (!scheduler.runners()[0]->stuck(system_clock().mono())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(scheduler.stop());
  scripts[0].act = Act::row;
}

}  // namespace
}  // namespace tacho::sampler

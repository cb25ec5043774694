// Identities on the disk: what was told is there after restarts, kills, torn ends and damage, for whoever reads, and within bounds.
#include "store/identity/log.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "store/identity/record.h"
#include "store/log_records.h"
#include "tests/temp_dir.h"

using namespace tacho;
using namespace tacho::store;

namespace {

std::unique_ptr<IdentityLog> open_log(const std::string& folder, std::uint64_t bytes_max = 2u << 20) {
  auto log = IdentityLog::open({folder, bytes_max});
  REQUIRE(log);
  return std::move(*log);
}

Identity card(int number, const std::string& job, TimeMs from) {
  return {fmt::format("card {}", number),
          {Labels{{"card", std::to_string(number)}}},
          job.empty() ? Labels() : Labels{{"job_name", job}},
          from};
}

std::size_t told(IdentityLog& log, const std::vector<Identity>& identities, TimeMs oldest = 0) {
  const auto news = log.append(identities, oldest);
  INFO((news ? "" : news.error().message));
  REQUIRE(news);
  return *news;
}

// SCOPE@FROM=JOB, by scope and time.
std::string known(const std::shared_ptr<const IdentityTimeline>& timeline) {
  std::string out;
  if (!timeline) return "none";
  for (const auto& e : timeline->entries())
    out += fmt::format("{}@{}={} ", e.identity->scope, e.identity->from, e.identity->labels.get("job_name"));
  return out;
}

std::string file_of(const std::string& folder) { return read_file(folder + "/identities.log").value(); }

}  // namespace

TEST_CASE("what was told is there after a restart, and for who only reads") {
  auto dir = test::TempDir::in_memory();
  const std::string all = "card 0@1=a card 0@5=b card 1@3=c ";
  {
    const auto log = open_log(dir.path());
    CHECK(told(*log, {card(0, "a", 1), card(1, "c", 3)}) == 2);
    CHECK(told(*log, {card(0, "b", 5)}) == 1);
    CHECK(known(log->timeline()) == all);
    CHECK(log->scopes() == 2);
    CHECK(log->identities() == 3);
    CHECK(log->changed() == 5);
    CHECK(log->bytes() == file_of(dir.path()).size());
  }
  CHECK(known(IdentityReader(dir.path()).timeline()) == all);
  const auto again = open_log(dir.path());
  CHECK(known(again->timeline()) == all);
  REQUIRE(again->in_force().size() == 2);
  CHECK(again->in_force()[0] == card(0, "b", 5));
}

TEST_CASE("an identity that is in force already writes nothing") {
  auto dir = test::TempDir::in_memory();
  const auto log = open_log(dir.path());
  CHECK(told(*log, {card(0, "", 1)}) == 0);  // nobody's, as before
  CHECK_FALSE(std::filesystem::exists(dir / "identities.log"));
  CHECK(told(*log, {card(0, "a", 1)}) == 1);
  const std::string before = file_of(dir.path());
  CHECK(told(*log, {card(0, "a", 2), card(0, "a", 3)}) == 0);
  CHECK(file_of(dir.path()) == before);
  CHECK(told(*log, {card(0, "", 4)}) == 1);
  CHECK(told(*log, {card(0, "a", 5)}) == 1);
  // Other targets are news, too.
  Identity both = card(0, "a", 6);
  both.targets.push_back(Labels{{"card", "9"}});
  CHECK(told(*log, {both}) == 1);
}

TEST_CASE("labels that no identity may give are not kept") {
  auto dir = test::TempDir::in_memory();
  const auto log = open_log(dir.path());
  const Labels given{{"job", "j"}, {"instance", "i"}, {"__name__", "n"}, {"bad-name", "x"}, {"raw", "\xff"}, {"pod", "p"}};
  CHECK(told(*log, {{"pod", {Labels()}, given, 1}}) == 1);
  CHECK(log->in_force()[0].labels == Labels{{"pod", "p"}});
  CHECK(told(*log, {{"pod", {Labels()}, given, 2}}) == 0);
}

TEST_CASE("a reader follows the log while it is written, and anew where it was replaced") {
  auto dir = test::TempDir::in_memory();
  IdentityReader reader(dir.path());
  CHECK(known(reader.timeline()) == "none");
  CHECK(reader.problem().empty());
  const auto log = open_log(dir.path(), 4096);
  told(*log, {card(0, "a", 1)});
  const auto first = reader.timeline();
  CHECK(known(first) == "card 0@1=a ");
  CHECK(reader.timeline() == first);  // nothing new: the same one
  for (int i = 2; i < 200; ++i) {
    told(*log, {card(0, fmt::format("job{}", i), i)}, i - 5);
    REQUIRE(known(reader.timeline()) == known(log->timeline()));
  }
}

TEST_CASE("a torn end is passed over, counted, and gone with the next word") {
  auto dir = test::TempDir::in_memory();
  {
    const auto log = open_log(dir.path());
    for (int i = 1; i <= 3; ++i) told(*log, {card(i, "a", i)});
  }
  const std::string whole = file_of(dir.path());
  const std::size_t last = (whole.size() - sizeof(IdentityLogHeader)) / 3;
  const std::size_t zeros = last - sizeof(IdentityRecordHeader) - pack_identity(card(3, "a", 3)).size();
  REQUIRE(zeros > 0);
  for (std::size_t cut = 1; cut <= last; ++cut) {
    REQUIRE(replace_file(dir / "identities.log", whole.substr(0, whole.size() - cut)));
    const bool is_whole = cut <= zeros;  // all but the zeros behind it is there
    const std::string rest = std::string("card 1@1=a card 2@2=a ") + (is_whole ? "card 3@3=a " : "");
    const auto log = open_log(dir.path());
    CHECK(known(log->timeline()) == rest);
    CHECK(log->damaged() == (is_whole || cut == last ? 0 : 1));
    CHECK(known(IdentityReader(dir.path()).timeline()) == rest);
    told(*log, {card(4, "b", 9)});
    CHECK(known(IdentityReader(dir.path()).timeline()) == rest + "card 4@9=b ");
  }
}

TEST_CASE("any byte that is damaged costs its own record at most") {
  auto dir = test::TempDir::in_memory();
  {
    const auto log = open_log(dir.path());
    for (int i = 1; i <= 4; ++i) told(*log, {card(i, "job", i)});
  }
  const std::string whole = file_of(dir.path());
  for (std::size_t at = sizeof(IdentityLogHeader); at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const IdentitiesRead read = read_identities(bytes_of(damaged));
    INFO("byte " << at);
    // A byte of the zeros behind a record is nobody's.
    REQUIRE((read.identities.size() == 3 || read.identities.size() == 4));
    REQUIRE(read.damaged == (read.identities.size() == 3 ? 1 : 0));
    for (const Identity& i : read.identities) REQUIRE(i == card(static_cast<int>(i.from), "job", i.from));
  }
}

TEST_CASE("a file that is no log, or of a later version, is set aside and told of") {
  auto dir = test::TempDir::in_memory();
  IdentityLogHeader newer{.magic = kIdentityMagic, .version = 2, .reserved = 0, .checksum = 0};
  newer.checksum = checksum_of(newer);
  const std::string future(reinterpret_cast<const char*>(&newer), sizeof newer);
  for (const std::string& content : {std::string("hello, this is a text file"), std::string("short"), future}) {
    REQUIRE(replace_file(dir / "identities.log", content));
    IdentityReader reader(dir.path());
    CHECK(known(reader.timeline()) == "none");
    CHECK(reader.problem().find("identities.log") != std::string::npos);
    const auto log = open_log(dir.path());
    CHECK(log->damaged() == 1);
    CHECK(read_file(dir / "identities.log.damaged").value() == content);
    told(*log, {card(0, "a", 1)});
    CHECK(known(IdentityReader(dir.path()).timeline()) == "card 0@1=a ");
  }
}

TEST_CASE("a log that is full lets go what no sample of the window can need, and nothing else") {
  auto dir = test::TempDir::in_memory();
  constexpr std::uint64_t kMost = 8192;
  const auto log = open_log(dir.path(), kMost);
  TimeMs now = 0;
  for (int i = 0; i < 2000; ++i) {
    now += 10;
    told(*log, {card(i % 3, fmt::format("job{}", i), now)}, now - 200);  // twenty changes are in the window
    REQUIRE(log->bytes() <= kMost);
    if (i < 30) continue;
    // All that a sample of the window may ask for.
    const auto timeline = log->timeline();
    for (TimeMs t = now - 200 + 30; t <= now; t += 10) {
      const int at = static_cast<int>(t / 10) - 1;
      IdentityJoiner joiner(*timeline, {t, t});
      const auto& stretches = joiner.stretches(Labels{{"card", std::to_string(at % 3)}});
      REQUIRE(stretches.size() == 1);
      REQUIRE(stretches[0].labels->get("job_name") == fmt::format("job{}", at));
    }
  }
  CHECK(log->dropped() == 0);
  CHECK(known(IdentityReader(dir.path()).timeline()) == known(log->timeline()));
}

TEST_CASE("where the window needs more than the log holds the oldest go, and are counted") {
  auto dir = test::TempDir::in_memory();
  constexpr std::uint64_t kMost = 8192;
  const auto log = open_log(dir.path(), kMost);
  for (int i = 0; i < 1000; ++i) {
    told(*log, {card(i % 3, fmt::format("job{}", i), 10 * i)}, 0);
    REQUIRE(log->bytes() <= kMost);
  }
  CHECK(log->dropped() + log->identities() == 1000);
  CHECK(log->dropped() > 800);
  REQUIRE(log->in_force().size() == 3);
  for (const Identity& i : log->in_force()) CHECK(i.from >= 9970);
}

TEST_CASE("what is in force stays, and what does not fit beside it is refused and counted") {
  auto dir = test::TempDir::in_memory();
  constexpr std::uint64_t kMost = 4096;
  const auto log = open_log(dir.path(), kMost);
  std::vector<Identity> crowd;
  for (int i = 0; i < 100; ++i) crowd.push_back(card(i, "a job with a name of some length", i));
  const std::size_t kept = told(*log, crowd);
  CHECK(kept > 20);
  CHECK(kept < 100);
  CHECK(log->dropped() == 100 - kept);
  CHECK(log->in_force().size() == kept);
  CHECK(file_of(dir.path()).size() <= kMost);
  Identity huge = card(0, "x", 1000);
  for (int i = 0; i < 3000; ++i) huge.targets.push_back(Labels{{"container", fmt::format("{:064}", i)}});
  const auto roomy = open_log(dir.path());
  CHECK(told(*roomy, {huge}) == 1);  // not itself, but that what was in force of the card is so no more
  CHECK(roomy->dropped() == 1);
  CHECK(roomy->scopes() == kept - 1);
}

TEST_CASE("a log that is full refuses no end, and what ended does not stay in force") {
  auto dir = test::TempDir::in_memory();
  constexpr std::uint64_t kMost = 4096;
  for (const bool ends : {true, false}) {
    INFO((ends ? "ends" : "changes"));
    std::filesystem::remove_all(dir / "s");
    std::filesystem::create_directory(dir / "s");
    const auto log = open_log(dir / "s", kMost);
    std::vector<Identity> crowd;
    for (int i = 0; i < 100; ++i) crowd.push_back(card(i, "a job with a name of some length", i));
    const int kept = static_cast<int>(told(*log, crowd));
    REQUIRE(kept < 100);
    // Of all at once: what is in force takes all the room there is.
    std::vector<Identity> next;
    for (int i = 0; i < kept; ++i) next.push_back(card(i, ends ? "" : "another job, and a name that is longer by far", 1000 + i));
    told(*log, next);
    CHECK(file_of(dir / "s").size() <= kMost);
    for (const auto& timeline : {log->timeline(), IdentityReader(dir / "s").timeline()}) {
      for (int i = 0; i < kept; ++i) {
        INFO(i);
        IdentityJoiner joiner(*timeline, {2000, 2000});
        const auto& stretches = joiner.stretches(Labels{{"card", std::to_string(i)}});
        const std::string_view job = stretches.empty() ? "" : stretches[0].labels->get("job_name");
        CHECK((job.empty() || (!ends && job.starts_with("another"))));
      }
    }
    if (!ends) continue;
    CHECK(log->scopes() == 0);
    // There is room again.
    CHECK(told(*log, {card(500, "z", 3000)}, 2500) == 1);
  }
}

TEST_CASE("a log that is removed or replaced under the agent is written anew") {
  for (const char* how : {"removed at once", "removed later", "replaced"}) {
    INFO(how);
    auto dir = test::TempDir::in_memory();
    const auto log = open_log(dir.path());
    told(*log, {card(0, "a", 1)});
    const std::string path = dir / "identities.log";
    const std::string old = file_of(dir.path());
    if (how != std::string("removed at once")) told(*log, {card(1, "b", 2)});
    std::filesystem::remove(path);
    if (how == std::string("replaced")) std::ofstream(path) << old << std::flush;
    told(*log, {card(2, "c", 3)});
    CHECK(known(IdentityReader(dir.path()).timeline()) == known(log->timeline()));
    CHECK(known(open_log(dir.path())->timeline()) == known(log->timeline()));
    told(*log, {card(2, "d", 4)});
    CHECK(known(IdentityReader(dir.path()).timeline()) == known(log->timeline()));
  }
}

TEST_CASE("nobody's scopes leave the log with the last sample that was theirs") {
  auto dir = test::TempDir::in_memory();
  const auto log = open_log(dir.path(), 4096);
  // Pods that come and go: each a scope of its own.
  for (int i = 0; i < 3000; ++i) {
    told(*log, {card(i, "a", 10 * i)}, 10 * i - 50);
    told(*log, {card(i, "", 10 * i + 5)}, 10 * i - 50);
  }
  CHECK(log->dropped() == 0);
  CHECK(log->in_force().size() < 60);
}

TEST_CASE("a disk that is full loses no word: it counts at once, and is written later") {
  auto dir = test::TempDir::in_memory();
  const pid_t child = ::fork();
  if (child == 0) {
    // In a process of its own: the limit of file sizes cannot be raised again.
    ::signal(SIGXFSZ, SIG_IGN);
    auto log = IdentityLog::open({dir.path(), 2u << 20});
    if (!log || !(*log)->append(std::vector{card(0, "a", 1)}, 0)) ::_exit(1);
    const rlimit small{(*log)->bytes() + 10, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const bool failed = !(*log)->append(std::vector{card(1, "b", 2)}, 0);
    const bool counts = known((*log)->timeline()) == "card 0@1=a card 1@2=b ";
    const bool fails_again = !(*log)->append({}, 0);
    const bool not_torn = known(IdentityReader(dir.path()).timeline()) == "card 0@1=a ";
    const rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &enough);
    const bool written = (*log)->append({}, 0).has_value();
    ::_exit(failed && counts && fails_again && not_torn && written ? 0 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(known(IdentityReader(dir.path()).timeline()) == "card 0@1=a card 1@2=b ");
}

TEST_CASE("timelines are taken, and the file is read, while the log is written") {
  auto dir = test::TempDir::in_memory();
  const auto log = open_log(dir.path(), 8192);
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  // Each word names two cards at once, and both or none are seen.
  const auto is_whole = [](const std::shared_ptr<const IdentityTimeline>& t) {
    std::map<std::string, TimeMs> newest;
    for (const auto& e : t->entries()) newest[e.identity->scope] = e.identity->from;
    return newest.empty() || (newest.size() == 2 && newest.begin()->second == newest.rbegin()->second);
  };
  std::thread asks([&] {
    while (!done) torn += is_whole(log->timeline()) ? 0 : 1;
  });
  IdentityReader reader(dir.path());
  std::thread reads([&] {
    while (!done) (void)reader.timeline();
  });
  for (int i = 1; i <= 400; ++i) told(*log, {card(0, fmt::format("job{}", i), i), card(1, fmt::format("job{}", i), i)}, i - 20);
  done = true;
  asks.join();
  reads.join();
  CHECK(torn == 0);
  CHECK(known(reader.timeline()) == known(log->timeline()));
}

TEST_CASE("after a kill at any moment all that append returned for is there") {
  auto dir = test::TempDir::in_memory();
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    std::filesystem::remove_all(dir / "s");
    std::filesystem::create_directory(dir / "s");
    int pipes[2];
    REQUIRE(::pipe(pipes) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipes[0]);
      auto log = IdentityLog::open({dir / "s", 4096});
      for (int i = 1;; ++i) {
        if (!(*log)->append(std::vector{card(0, fmt::format("job{}", i), i)}, i - 10)) ::_exit(1);
        if (::write(pipes[1], &i, sizeof i) != sizeof i) ::_exit(1);
      }
    }
    ::close(pipes[1]);
    int done = 0;
    const int enough = 1 + static_cast<int>(random() % 60);
    for (int i = 0; i < enough; ++i) REQUIRE(::read(pipes[0], &done, sizeof done) == sizeof done);
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    while (::read(pipes[0], &done, sizeof done) == sizeof done) {
    }
    ::close(pipes[0]);
    const auto log = open_log(dir / "s");
    REQUIRE(log->in_force().size() == 1);
    CHECK(log->in_force()[0].from >= done);
    CHECK(log->in_force()[0].from <= done + 1);
    CHECK(log->in_force()[0].labels.get("job_name") == fmt::format("job{}", log->in_force()[0].from));
  }
}

// Remote write 2.0, to receivers that know it and to those that do not.
#include <catch2/catch.hpp>

#include "tests/store/shipping/ship_agent.h"

namespace tacho::store {
namespace {

using ship_test::Agent;
using ship_test::answer_first;
using ship_test::FakeReceiver;
using ship_test::kMinute;
using ship_test::kStart;

}  // namespace

// One that speaks version 2 to a receiver of some kind.
struct AgentV2 : Agent {
  explicit AgentV2(bool knows_v2, int answer_to_v2 = 415) {
    kill();
    options.version = WriteVersion::v2;
    receiver.knows_v2 = knows_v2;
    receiver.answer_to_v2 = answer_to_v2;
    start();
  }
};

TEST_CASE("version 2: type, help and the start of a counter that was reset go with the samples") {
  AgentV2 a(true);
  const std::size_t load1 = a.store.add_series(Labels::of("node_load1"), MetricType::gauge, Rollup::max);
  a.store.put(load1, kStart + 1000, 1);
  a.live(30);
  a.total = -3;  // counts from 0 again
  a.live(40);
  CHECK(a.receiver.requests_v2 == 1);
  CHECK(a.at("bytes_total", kStart + kMinute) == 87);
  CHECK(a.receiver.about[Labels::of("bytes_total")].type == MetricType::counter);
  CHECK(a.receiver.about[Labels::of("bytes_total")].starts == std::vector<TimeMs>{kStart + 30'000});
  CHECK(a.receiver.about[Labels::of("load")].starts == std::vector<TimeMs>{0});
  CHECK(a.receiver.about[Labels::of("node_load1:1m_max")].help == "1m load average.");
  CHECK(a.receiver.about[Labels::of("node_load1:1m_max")].type == MetricType::gauge);
  CHECK(a.shipper->stats().version == WriteVersion::v2);
  CHECK(a.receiver.complaints.empty());
}

TEST_CASE(
    "version 2 to a receiver of version 1: not a sample is lost, whatever it answers, and version 1 is spoken from then on") {
  for (const int status : {415, 204, 200, 400}) {
    CAPTURE(status);
    AgentV2 a(false, status);
    a.live(65);
    CHECK(a.at("load", kStart + kMinute) == (59.0 * 60 / 2) / 60);
    CHECK(a.receiver.requests == 2);
    CHECK(a.shipper->stats().version == WriteVersion::v1);
    CHECK(a.shipper->stats().samples_sent == 4);
    CHECK(a.shipper->stats().samples_dropped.empty());
    a.live(60);
    CHECK(a.receiver.requests == 3);
    CHECK(a.at("bytes_total", kStart + 2 * kMinute) == 360);
  }
}

TEST_CASE("version 2: a 400 that version 1 gets as well is a refusal, and nothing is concluded from it") {
  AgentV2 a(true);
  answer_first(a.receiver, {FakeReceiver::answer(400, "no"), FakeReceiver::answer(400, "no")});
  a.live(65);
  CHECK(a.receiver.requests == 2);
  CHECK(a.shipper->stats().samples_dropped["refused"] == 4);
  CHECK(a.shipper->stats().version == WriteVersion::v2);
  a.live(60);
  CHECK(a.receiver.requests_v2 == 1);
  CHECK(a.at("load", kStart + 2 * kMinute));
}

TEST_CASE("version 2: what the receiver says it did not write is counted") {
  AgentV2 a(true);
  a.receiver.behave = [](FakeReceiver& r, const std::string& body) -> Result<HttpResponse> {
    r.accept(body);
    return FakeReceiver::answer(200, "", {{"X-Prometheus-Remote-Write-Samples-Written", "3"}});
  };
  a.live(65);
  CHECK(a.shipper->stats().samples_dropped["not_written"] == 1);
  CHECK(a.shipper->stats().samples_sent == 3);
  CHECK(a.shipper->stats().windows_dropped["refused"] == 1);
}

TEST_CASE("version 2: a 400 that counts what was written is a refusal of the rest, not of the version") {
  AgentV2 a(true);
  a.receiver.behave = [](FakeReceiver&, const std::string&) -> Result<HttpResponse> {
    return FakeReceiver::answer(400, "one is out of order", {{"X-Prometheus-Remote-Write-Samples-Written", "3"}});
  };
  a.live(65);
  CHECK(a.receiver.requests == 1);
  CHECK(a.shipper->stats().samples_dropped["refused"] == 1);
  CHECK(a.shipper->stats().samples_sent == 3);
  CHECK(a.shipper->stats().version == WriteVersion::v2);
}

}  // namespace tacho::store

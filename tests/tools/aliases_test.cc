// Aliases from end to end: dashboards written for other exporters over what the sampler keeps, our names over what is scraped, the doors.
#include <catch2/catch.hpp>
#include <set>

#include "../temp_dir.h"
#include "query/api/api.h"
#include "sampler/aliases.h"
#include "sampler/scrape/scrape_source.h"
#include "sampler/source_runner.h"
#include "store/aliases/aliased_store.h"
#include "store/memory_store.h"
#include "store/shipping/ship_window.h"
#include "store/store.h"
#include "tests/fake_clock.h"
#include "tests/sampler/scrape/scrape_fixture.h"
#include "tools/config/config.h"

namespace tacho::tools {
namespace {

// Answers of a store with aliases, at its newest second.
class Asked {
 public:
  Asked(const store::Queryable& below, TimeMs at) : view_(below, sampler::make_alias_table("node7")), at_(at) {}

  // "{labels} value" of each, joined by "; ".
  std::string operator()(const std::string& query) const {
    const query::Engine engine;
    const query::Result r = engine.instant(view_, query, at_);
    if (!r) return r.error().message;
    std::string out;
    for (const query::ResultSeries& s : r->series)
      out += (out.empty() ? "" : "; ") + fmt::format("{} {}", s.labels.to_string(), s.points.back().v);
    return out;
  }
  const store::AliasView& view() const { return view_; }

 private:
  store::AliasView view_;
  TimeMs at_;
};

store::MemoryStore kept(const std::string& text) { return store::MemoryStore::parse(text + "# EOF\n", "test.om").value(); }

// Two cards for ten seconds, as the sources write them.
std::string two_cards(const std::string& vendor) {
  std::string out = "# TYPE accel_energy_joules counter\n# TYPE accel_utilization_ratio gauge\n";
  for (int t = 1; t <= 10; ++t) {
    for (int card = 0; card < 2; ++card) {
      const std::string who =
          fmt::format(R"(vendor="{}",accel="{}",uuid="U{}",pci_bus_id="0000:{}b:00.0",model="M")", vendor, card, card, card + 3);
      const auto add = [&](const std::string& metric, const std::string& more, double value) {
        out += fmt::format("{}{{{}{}}} {} {}\n", metric, who, more, value, t);
      };
      add("accel_utilization_ratio", "", card == 0 ? 0.25 : 0.75);
      add("accel_engine_utilization_ratio", ",engine=\"aicore\"", 0.5);
      add("accel_memory_used_bytes", "", 1048576.0 * (100 * card + t));
      add("accel_memory_total_bytes", "", 1048576.0 * 1000);
      add("accel_power_watts", ",window=\"average\"", 300 + card);
      add("accel_power_watts", ",window=\"instant\"", 310 + card);
      add("accel_pipe_active_ratio", ",pipe=\"tensor\"", 0.1 * (card + 1));
      add("accel_pipe_active_ratio", ",pipe=\"fp64\"", 0);
      add("accel_last_error_code", "", card == 1 && t > 5 ? 79 : 0);
      add("accel_energy_joules_total", "", 300.0 * t);
      add("accel_health_status", "", card);
      add("accel_temperature_celsius", ",sensor=\"core\"", 60 + card);
    }
  }
  return out + fmt::format("accel_devices{{vendor=\"{}\"}} 2 10\n", vendor);
}

// A target that is scraped for real, but for the network.
struct Scraped {
  test::TempDir dir;
  test::FakeClock clock;
  sampler::Served served;
  sampler::ScrapeTarget target = sampler::made_target();
  sampler::ScrapeAccount account;
  std::unique_ptr<store::Store> store = std::move(*store::Store::open({{dir / "s", dir / "r"}, 1 << 20, {}}));

  explicit Scraped(std::string page, std::string job = "j") {
    served.page = std::move(page);
    target.job = job;
    target.labels.set("job", job);
    auto source = std::make_unique<sampler::ScrapeSource>(target, account, clock, std::make_unique<sampler::ServedPages>(served));
    sampler::SourceRunner runner(std::move(source), store->group(target.name, 1000), 1000, clock);
    runner.start();
    for (int i = 0; i < 2; ++i) {
      clock.pass(runner.wait_ns() + 100'000);
      runner.tick();
    }
    asked.emplace(*store, clock.wall_ms());
  }
  std::optional<Asked> asked;
  std::string operator()(const std::string& query) const { return (*asked)(query); }
};

}  // namespace

TEST_CASE("several selectors at once find what each of them finds, whether or not there are aliases to make") {
  const auto ours = kept(two_cards("nvidia"));
  const Scraped theirs("DCGM_FI_DEV_GPU_UTIL{gpu=\"0\",UUID=\"GPU-1\"} 40\nother 1\n");
  const Asked of_ours(ours, 10'000);
  for (const Asked* ask : {&of_ours, &*theirs.asked}) {
    const store::AliasView& view = ask->view();
    std::vector<std::vector<store::Matcher>> sets;
    for (const char* name : {"accel_utilization_ratio", "accel_power_watts", "DCGM_FI_DEV_GPU_UTIL", "other", "up", "accel_up"})
      sets.push_back({store::Matcher::equal("__name__", name)});
    sets[1].push_back(store::Matcher::equal("window", "average"));
    for (const std::size_t count : {2, 6}) {
      std::set<std::string> wanted;
      for (std::size_t i = 0; i < count; ++i) {
        const auto found = view.select(sets[i], view.bounds(), {});
        REQUIRE(found);
        for (const store::SeriesView& s : found->series)
          wanted.insert(fmt::format("{} {}", s.labels().to_string(), s.values.back()));
      }
      const std::vector<store::MatcherSet> asked(sets.begin(), sets.begin() + static_cast<std::ptrdiff_t>(count));
      const auto all = view.select_any(asked, view.bounds(), {});
      REQUIRE(all);
      std::set<std::string> told;
      for (const store::SeriesView& s : all->series) told.insert(fmt::format("{} {}", s.labels().to_string(), s.values.back()));
      CHECK(told == wanted);
      CHECK(told.size() == all->series.size());
      CHECK_FALSE(told.empty());
    }
  }
}

TEST_CASE("a dashboard for dcgm-exporter shows our cards") {
  const auto store = kept(two_cards("nvidia"));
  const Asked ask(store, 10'000);
  CHECK(ask("avg by (gpu) (DCGM_FI_DEV_GPU_UTIL)") == "{gpu=\"0\"} 25; {gpu=\"1\"} 75");
  CHECK(ask("avg(DCGM_FI_DEV_GPU_UTIL{Hostname=\"node7\", gpu=~\"0|1\"})") == "{} 50");
  CHECK(ask("max by (gpu) (max_over_time(DCGM_FI_DEV_FB_USED[5s]))") == "{gpu=\"0\"} 10; {gpu=\"1\"} 110");
  CHECK(ask("sum(DCGM_FI_DEV_FB_FREE)") == "{} 1880");
  CHECK(ask("sum(DCGM_FI_DEV_POWER_USAGE)") == "{} 601");
  CHECK(ask("avg(DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{UUID=\"U1\"})") == "{} 0.2");
  CHECK(ask("count(DCGM_FI_DEV_XID_ERRORS > 0)") == "{} 1");
  CHECK(ask("max by (device, pci_bus_id) (DCGM_FI_DEV_XID_ERRORS > 0)") ==
        "{device=\"nvidia1\",pci_bus_id=\"00000000:4B:00.0\"} 79");
  CHECK(ask("sum(rate(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION[5s])) / 1000") == "{} 600");
  CHECK(ask("label_replace(DCGM_FI_DEV_GPU_TEMP{gpu=\"0\"}, \"x\", \"$1\", \"modelName\", \"(.*)\")").ends_with("x=\"M\"} 60"));
  CHECK(ask("count({__name__=~\"DCGM_FI_DEV_GPU_(UTIL|TEMP)\"})") == "{} 4");
  CHECK(ask("DCGM_FI_DEV_GPU_UTIL / 100 == on (gpu) label_replace(accel_utilization_ratio, \"gpu\", \"$1\", \"accel\", "
            "\"(.*)\")") == "{gpu=\"0\"} 0.25; {gpu=\"1\"} 0.75");
  CHECK(ask("absent(DCGM_FI_DEV_ENC_UTIL)") == "{} 1");
  CHECK(ask("count({__name__=~\".+\"}) - count({__name__=~\"accel_.+\"})") == "{} 0");
}

TEST_CASE("a dashboard for npu-exporter shows our chips") {
  const auto store = kept(two_cards("huawei"));
  const Asked ask(store, 10'000);
  CHECK(ask("avg by (id) (npu_chip_info_utilization)") == "{id=\"0\"} 50; {id=\"1\"} 50");
  CHECK(ask("max(npu_chip_info_overall_utilization{vdie_id=\"U1\"})") == "{} 75");
  CHECK(ask("sum(npu_chip_info_hbm_used_memory) / sum(npu_chip_info_hbm_total_memory) * 100") == "{} 6");
  CHECK(ask("npu_chip_info_hbm_utilization{id=\"1\"} * 1") ==
        "{id=\"1\",model_name=\"M\",pcie_bus_info=\"0000:4B:00.0\",vdie_id=\"U1\"} 11");
  CHECK(ask("sum(npu_chip_info_power)") == "{} 621");
  CHECK(ask("count(npu_chip_info_health_status == 0)") == "{} 1");
  CHECK(ask("machine_npu_nums") == "machine_npu_nums 2");
  CHECK(ask("npu_chip_info_error_code{id=\"1\"} > 0").ends_with(" 79"));
  CHECK(ask("DCGM_FI_DEV_GPU_UTIL").empty());
}

TEST_CASE("what dcgm-exporter is scraped for is found under our names, and under its own as it is") {
  const std::string labels =
      R"(gpu="0",UUID="GPU-9",pci_bus_id="00000000:3B:00.0",device="nvidia0",modelName="NVIDIA A100",Hostname="h",)"
      R"(DCGM_FI_DRIVER_VERSION="550.54")";
  std::string page;
  const auto add = [&](const std::string& name, const std::string& type, const std::string& value) {
    page += "# HELP " + name + " text\n# TYPE " + name + " " + type + "\n" + name + "{" + labels + "} " + value + "\n";
  };
  add("DCGM_FI_DEV_SM_CLOCK", "gauge", "1410");
  add("DCGM_FI_DEV_GPU_UTIL", "gauge", "97");
  add("DCGM_FI_DEV_FB_USED", "gauge", "1024");
  add("DCGM_FI_DEV_FB_FREE", "gauge", "80000");
  add("DCGM_FI_DEV_FB_RESERVED", "gauge", "500");
  add("DCGM_FI_DEV_POWER_USAGE", "gauge", "251.5");
  add("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "2500");
  add("DCGM_FI_DEV_MEMORY_TEMP", "gauge", "55");
  add("DCGM_FI_DEV_XID_ERRORS", "gauge", "31");
  add("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "0.625");
  add("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "1");
  const Scraped s(page);
  CHECK(s("accel_utilization_ratio") ==
        R"(accel_utilization_ratio{accel="0",instance="h:1",job="j",model="NVIDIA A100",pci_bus_id="0000:3b:00.0",uuid="GPU-9",)"
        R"(vendor="nvidia"} 0.97)");
  CHECK(s("accel_clock_hertz{domain=\"core\", uuid=\"GPU-9\"} * 1").ends_with(" 1410000000"));
  CHECK(s("sum(accel_memory_used_bytes)") == "{} 1073741824");
  CHECK(s("sum(accel_memory_total_bytes)") == fmt::format("{{}} {}", 81524.0 * 1048576));
  CHECK(s("sum by (window) (accel_power_watts)") == "{window=\"average\"} 251.5");
  CHECK(s("sum(accel_energy_joules_total)") == "{} 2.5");
  CHECK(s("sum by (sensor) (accel_temperature_celsius)") == "{sensor=\"memory\"} 55");
  CHECK(s("sum(accel_last_error_code{pci_bus_id=\"0000:3b:00.0\"})") == "{} 31");
  CHECK(s("max(accel_pipe_active_ratio{pipe=\"tensor\",vendor=\"nvidia\"})") == "{} 0.625");
  CHECK(s("accel_ecc_errors_total{severity=\"uncorrected\",scope=\"volatile\",location=\"total\"} * 1").ends_with(" 1"));
  CHECK(s("count({__name__=~\"accel_.+\"})") == "{} 11");
  CHECK(s("sum(DCGM_FI_DEV_GPU_UTIL)") == "{} 97");
  CHECK(s("count(DCGM_FI_DEV_GPU_UTIL{Hostname=\"h\"})") == "{} 1");
}

TEST_CASE("what other vendors' exporters call it is found under our names, in our units") {
  struct Case {
    const char* page;
    const char* query;
    const char* answer;
    const char* job = "j";
  };
  const Case cases[] = {
      // npu-exporter: 0 and -1, where it could not read
      {"npu_chip_info_utilization{id=\"0\",vdie_id=\"V\",model_name=\"910B3\",pcie_bus_info=\"0000:C1:00.0\",pod_name=\"\"} 29\n"
       "npu_chip_info_utilization{id=\"1\",vdie_id=\"W\",model_name=\"910B3\",pcie_bus_info=\"0000:C2:00.0\"} -1\n",
       "accel_engine_utilization_ratio{engine=\"aicore\"} * 1",
       R"({accel="0",engine="aicore",instance="h:1",job="j",model="910B3",pci_bus_id="0000:c1:00.0",uuid="V",vendor="huawei"} 0.29)"},
      {"npu_chip_info_health_status{id=\"0\"} -1\n", "sum(accel_health_status)", "{} -1"},
      {"npu_chip_info_hbm_used_memory{id=\"0\"} 3400\n", "sum(accel_memory_used_bytes)", "{} 3565158400"},
      // AMD's
      {"gpu_gfx_activity{gpu_id=\"2\",card_model=\"MI300X\",serial_number=\"S\",hostname=\"h\"} 7\n",
       "accel_utilization_ratio * 1", R"({accel="2",instance="h:1",job="j",model="MI300X",serial_number="S",vendor="amd"} 0.07)"},
      {"gpu_used_vram{gpu_id=\"2\"} 3\n", "sum(accel_memory_used_bytes)", "{} 3145728"},
      {"gpu_energy_consumed{gpu_id=\"2\"} 14000000\n", "sum(accel_energy_joules_total)", "{} 14"},
      {"gpu_package_power{gpu_id=\"2\"} 512\n", "sum by (window) (accel_power_watts)", "{window=\"instant\"} 512"},
      {"gpu_junction_temperature{gpu_id=\"2\"} 76\n", "sum by (sensor) (accel_temperature_celsius)", "{sensor=\"hotspot\"} 76"},
      {"gpu_clock{gpu_id=\"2\",clock_type=\"GPU_CLOCK_TYPE_SYSTEM\",clock_index=\"0\"} 1533\n",
       "sum by (domain) (accel_clock_hertz)", "{domain=\"core\"} 1533000000"},
      {"gpu_xgmi_link_rx{gpu_id=\"2\"} 5\n", "sum(accel_link_receive_bytes_total{type=\"xgmi\"})", "{} 5120"},
      {"pcie_bandwidth{gpu_id=\"2\"} 8\n", "sum(accel_pcie_throughput_bytes_per_second)", "{} 1000000"},
      {"gpu_gfx_activity{host=\"somebody else's\"} 7\n", "accel_utilization_ratio", ""},
      // Cambricon
      {"mlu_utilization{mlu=\"1\",model=\"MLU370\",sn=\"s\",uuid=\"u\",driver=\"5\",node=\"n\"} 57\n",
       "accel_utilization_ratio * 1",
       R"({accel="1",instance="h:1",job="j",model="MLU370",node="n",uuid="u",vendor="cambricon"} 0.57)"},
      {"mlu_memory_used{mlu=\"1\"} 4096\n", "sum(accel_memory_used_bytes)", "{} 4096"},
      {"mlu_frequency{mlu=\"1\"} 1000\n", "sum(accel_clock_hertz)", "{} 1000000000"},
      {"mlu_pcie_read_throughput{mlu=\"1\"} 20\n", "sum by (direction) (accel_pcie_throughput_bytes_per_second)",
       "{direction=\"receive\"} 1000"},
      // Iluvatar, Hygon, Moore Threads
      {"ix_gpu_utilization{gpu=\"0\",name=\"BI-V150\",uuid=\"u\"} 58\n", "accel_utilization_ratio * 1",
       R"({accel="0",instance="h:1",job="j",model="BI-V150",uuid="u",vendor="iluvatar"} 0.58)"},
      {"ix_mem_used{gpu=\"0\"} 2\n", "sum(accel_memory_used_bytes)", "{} 2097152"},
      {"dcu_utilizationrate{minor_number=\"0\",device_id=\"D\",name=\"K100\",pcieBus_number=\"0000:9f:00.0\",dcu_pod_name=\"p\"} "
       "14\n",
       "accel_utilization_ratio * 1",
       R"({accel="0",instance="h:1",job="j",model="K100",pci_bus_id="0000:9f:00.0",pod="p",uuid="D",vendor="hygon"} 0.14)"},
      {"dcu_sclk{minor_number=\"0\"} 1500\n", "sum(accel_clock_hertz)", "{} 1500000000"},
      {"mtgpu_power_usage_milliwatts{gpu=\"0\"} 250500\n", "sum(accel_power_watts)", "{} 250.5"},
      {"mtgpu_gpu_utilization{gpu=\"0\"} 100\n", "sum(accel_utilization_ratio)", "{} 1"},
      // MetaX: names that could be anybody's
      {"gpu_usage{deviceId=\"0\"} 40\n", "sum(accel_utilization_ratio)", "{} 0.4", "metax-exporter"},
      {"gpu_usage{deviceId=\"0\"} 40\n", "accel_utilization_ratio", "", "windows"},
      {"memory_used{deviceId=\"0\",memType=\"vram\"} 2\nmemory_used{deviceId=\"0\",memType=\"xtt\"} 9\n",
       "sum(accel_memory_used_bytes)", "{} 2048"},
      {"bway_power{deviceId=\"0\",wayId=\"0\"} 120\nbway_power{deviceId=\"0\",wayId=\"1\"} 60\n", "sum(accel_power_watts)",
       "{} 120"},
      // Kunlunxin, Enflame, Gaudi, Intel
      {"node_xpu_utilization{index=\"3\"} 50\n", "sum by (accel, vendor) (accel_utilization_ratio)",
       "{accel=\"3\",vendor=\"kunlunxin\"} 0.5"},
      {"enflame_gcu_usage{minor_number=\"0\",busid=\"0000:01:00.0\"} 28\n", "sum by (pci_bus_id) (accel_utilization_ratio)",
       "{pci_bus_id=\"0000:01:00.0\"} 0.28"},
      {"enflame_gcu_power_consumption{minor_number=\"0\"} 150\n", "sum(accel_power_watts)", "{} 150"},
      {"habanalabs_power_mW{device=\"0\"} 91000\n", "sum(accel_power_watts)", "{} 91"},
      {"habanalabs_clock_soc_mhz{device=\"0\"} 1650\n", "sum(accel_clock_hertz)", "{} 1650000000"},
      {"xpum_engine_ratio{uuid=\"u\",dev_name=\"Max 1550\",pci_bdf=\"0000:4d:00.0\"} 29\n", "accel_utilization_ratio * 1",
       R"({instance="h:1",job="j",model="Max 1550",pci_bus_id="0000:4d:00.0",uuid="u",vendor="intel"} 0.29)"},
      {"xpum_energy_joules{uuid=\"u\"} 12.5\n", "sum(accel_energy_joules_total)", "{} 12.5"},
      {"xpum_frequency_mhz{uuid=\"u\",location=\"gpu\",type=\"actual\"} "
       "1600\nxpum_frequency_mhz{uuid=\"u\",location=\"gpu\",type=\"request\"} 1\n",
       "sum(accel_clock_hertz)", "{} 1600000000"},
  };
  for (const Case& c : cases) {
    INFO(c.page << c.query);
    CHECK(Scraped(c.page, c.job)(c.query) == c.answer);
  }
}

TEST_CASE("a card that is sampled here and scraped there counts once") {
  std::string text = two_cards("nvidia");
  for (int card = 0; card < 3; ++card) {
    const std::string who = fmt::format(R"(gpu="{0}",UUID="U{0}",job="dcgm")", card);
    text += "DCGM_FI_DEV_POWER_USAGE{" + who + "} 100 10\nDCGM_FI_PROF_SM_ACTIVE{" + who + "} 0.5 10\n";
  }
  const auto store = kept(text);
  const Asked ask(store, 10'000);
  // Cards 0 and 1 are ours; what only the exporter knows, and what it knows of the third, is added.
  CHECK(ask("sum(accel_power_watts{window=\"average\"})") == "{} 701");
  CHECK(ask("count(accel_power_watts)") == "{} 5");
  CHECK(ask("sum(accel_sm_active_ratio)") == "{} 1.5");
  CHECK(ask("sum(DCGM_FI_DEV_POWER_USAGE)") == "{} 300");
  CHECK(ask("count(DCGM_FI_DEV_GPU_UTIL)") == "{} 2");
}

TEST_CASE("the API lists aliases where names are asked for, and shows them in /metrics when told to") {
  const auto store = kept(two_cards("nvidia"));
  const store::AliasView view(store, sampler::make_alias_table("node7"));
  const query::Api api(view, {.now = [] { return TimeMs{10'000}; }, .aliases = &view});
  const auto get = [&](const std::string& target) {
    HttpRequest r{.method = "GET"};
    REQUIRE(parse_target(target, r));
    return api.handle(r);
  };
  const auto has = [&](const std::string& target, const std::string& text) {
    return get(target).body.find(text) != std::string::npos;
  };
  const std::string names = "/api/v1/label/__name__/values";
  CHECK(has(names, "\"DCGM_FI_DEV_GPU_UTIL\""));
  CHECK(has(names, "\"accel_utilization_ratio\""));
  CHECK_FALSE(has(names, "npu_chip"));
  CHECK_FALSE(has(names, "DCGM_FI_DEV_ENC_UTIL"));
  CHECK(has(names + "?match[]={__name__!=%22%22}", "\"DCGM_FI_DEV_GPU_UTIL\""));
  CHECK(has(names + "?match[]={__name__=~%22.*GPU_UTIL.*%22}", "[\"DCGM_FI_DEV_GPU_UTIL\",\"DCGM_FI_DEV_GPU_UTIL_RATIO\"]"));
  CHECK_FALSE(has(names + "?match[]={vendor=%22nvidia%22}", "DCGM"));
  CHECK(has("/api/v1/labels?match[]=DCGM_FI_DEV_GPU_UTIL",
            "[\"Hostname\",\"UUID\",\"__name__\",\"device\",\"gpu\",\"modelName\",\"pci_bus_id\"]"));
  CHECK_FALSE(has("/api/v1/labels", "modelName"));
  CHECK(has("/api/v1/label/gpu/values?match[]=DCGM_FI_DEV_GPU_UTIL", "[\"0\",\"1\"]"));
  CHECK(has("/api/v1/series?match[]=DCGM_FI_DEV_FB_FREE", "\"UUID\":\"U0\""));
  CHECK_FALSE(has("/api/v1/series?match[]={__name__=~%22.%2B%22}", "DCGM"));
  CHECK(has("/api/v1/metadata?metric=DCGM_FI_DEV_GPU_UTIL", "accel_utilization_ratio * 100, as dcgm-exporter has it."));
  CHECK_FALSE(has("/api/v1/metadata", "npu_chip"));
  CHECK(has("/federate?match[]=DCGM_FI_DEV_GPU_UTIL", "gpu=\"1\",modelName=\"M\",pci_bus_id=\"00000000:4B:00.0\"} 75 10000\n"));

  const std::string plain = get("/metrics").body;
  CHECK(plain.find("DCGM") == std::string::npos);
  const std::string with = get("/metrics?aliases=dcgm,npu").body;
  CHECK(with.find("# TYPE DCGM_FI_DEV_GPU_UTIL gauge\nDCGM_FI_DEV_GPU_UTIL{Hostname=\"node7\",UUID=\"U0\",") !=
        std::string::npos);
  CHECK(with.find("# HELP DCGM_FI_DEV_FB_FREE ") != std::string::npos);
  CHECK(with.find("# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter\n") != std::string::npos);
  CHECK(with.find("accel_utilization_ratio{") != std::string::npos);
  CHECK(get("/metrics?aliases=npu").body == plain);
  CHECK(get("/metrics?aliases=").body == plain);
  const auto refused = get("/metrics?aliases=dcgm,nvml");
  CHECK(refused.status == 400);
  CHECK(refused.body == "invalid parameter \"aliases\": there are no aliases called \"nvml\"; there are dcgm, npu, accel\n");
}

TEST_CASE("an endpoint that asks for aliases is sent them, averaged or last like what they are made of") {
  const auto store = kept(two_cards("nvidia"));
  const store::AliasView view(store, sampler::make_alias_table("node7"));
  const auto sent = [&](std::vector<std::string> sets) {
    const store::AliasedStore aliased(view, std::move(sets));
    const auto window = store::make_window(aliased, 60'000, {});
    REQUIRE(window);
    std::map<std::string, double> out;
    for (const store::ShippedSample& sample : window->samples) out[sample.labels.to_string()] = sample.value;
    CHECK(out.size() == window->samples.size());
    CHECK(window->duplicates + window->invalid == 0);
    return out;
  };
  const auto plain = sent({});
  const auto with = sent({"dcgm"});
  const std::string card = R"({Hostname="node7",UUID="U0",device="nvidia0",gpu="0",modelName="M",pci_bus_id="00000000:3B:00.0"})";
  CHECK(plain.size() < with.size());
  for (const auto& [labels, value] : plain) CHECK(with.at(labels) == value);
  CHECK(with.at("DCGM_FI_DEV_FB_USED" + card) == 5.5);
  CHECK(with.at("DCGM_FI_DEV_FB_USED:1m_max" + card) == 10);
  CHECK(with.at("DCGM_FI_DEV_GPU_UTIL:1m_min" + card) == 25);
  CHECK(with.at("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION" + card) == 3'000'000);
  CHECK_FALSE(with.contains("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION:1m_max" + card));
  CHECK(sent({"npu"}) == plain);

  const auto told = [&](std::vector<std::string> sets) {
    std::size_t found = 0;
    for (const store::MetricMetadata& m : store::AliasedStore(view, std::move(sets)).metadata())
      found += m.name.starts_with("DCGM_") ? 1 : 0;
    return found;
  };
  CHECK(told({"npu"}) == 0);
  CHECK(told({"dcgm"}) > 10);
}

TEST_CASE("remote_write.aliases names sets that there are") {
  const auto examine = [](const std::string& value) {
    return examine_config_text(
        "global: {external_labels: {node: n7}}\nremote_write:\n- url: http://h:9090/api/v1/write\n  aliases: " + value + "\n",
        "f.yml");
  };
  const auto good = examine("[dcgm, npu, dcgm]");
  REQUIRE(good.ok());
  CHECK(good.config.remote_write[0].alias_sets == std::vector<std::string>{"dcgm", "npu"});
  const auto bad = examine("[dcgm, nvml]");
  REQUIRE(bad.problems.size() == 1);
  CHECK(bad.to_string(bad.problems[0]) ==
        "f.yml:4: remote_write[0].aliases: there are no aliases called \"nvml\"; there are dcgm, npu, accel");
  CHECK_FALSE(examine("dcgm").ok());
}

}  // namespace tacho::tools

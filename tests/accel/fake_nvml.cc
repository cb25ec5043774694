// A libnvidia-ml.so.1 that answers what it is told: from a recording of a real card (nvml_probe writes them), from lines of the
// same form made by hand, or both, later lines over earlier ones. It declares the interface by itself, so that a wrong layout in
// the sampler does not find the same mistake here.
//
// Told by  lines of text (fake_script.h): fake_nvml_do(lines), or the file that TACHO_FAKE_NVML names.
// Eras     FAKE_NVML_ERA=470 leaves out the functions that came after that driver.
//
//   FIELD 0 id=186 scope=0 rc=0 type=1 value=80000
//   GPM 0 id=2 rc=0 value=18.5 name="smutil" unit="%"        0.3 for the GPU instance 3
//   SAMPLES 0 type=0 count=2: first_us=1000000=80000 +20000=81000
//   LIVE 0 type=0 every_us=20000 values=80000,90000          samples of now, by the wall clock
//   DEVICE 1 like=0 uuid=GPU-1 bus=00000000:3B:00.0          what is not said of 1 is as for 0
//   EVENT 0 8 79                                             an XID 79
//   INIT rc=9
#include <time.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <deque>

#include "fake_script.h"

#ifndef FAKE_NVML_ERA
#define FAKE_NVML_ERA 999
#endif

namespace {

using namespace fake;

struct Field {
  int rc = 3;
  u32 type = 0;
  u64 value = 0;
};
struct Metric {
  int rc = 0;
  double value = 0;
  std::string name, unit;
};
struct Sample {
  u64 time_us;
  u64 value;
};
struct Live {
  u64 every_us = 0;
  std::vector<u64> values;
};
struct Card : CardBase {
  std::string uuid, bus;
  std::deque<std::pair<u64, u64>> events;
  u64 registered = 0;
  std::map<u32, std::vector<Sample>> samples;
  std::map<u32, Live> live;
};

void learn(const std::string& word, const std::string& card, const std::string& line);

Script<Card> script("TACHO_FAKE_NVML", learn);
std::mutex& mutex = script.mutex;
std::map<std::string, Card>& cards = script.cards;
std::map<std::pair<std::string, u64>, Field> fields;    // card, id << 32 | scope
std::map<std::pair<std::string, u32>, Metric> metrics;  // card, id
int init_rc = 0;
std::atomic<int> inits{0};

void learn_field(const std::string& line) {
  std::istringstream in(line);
  std::string word, card;
  in >> word >> card;
  Field f;
  f.rc = std::atoi(after(line, " rc=").c_str());
  f.type = static_cast<u32>(number(after(line, "type=")));
  const std::string raw = after(line, "raw=");
  f.value = raw.empty() ? static_cast<u64>(std::strtoll(after(line, "value=").c_str(), nullptr, 10))
                        : std::strtoull(raw.c_str(), nullptr, 16);
  if (raw.empty() && f.type == 0) {
    const double v = std::strtod(after(line, "value=").c_str(), nullptr);
    std::memcpy(&f.value, &v, 8);
  }
  fields[{card, number(after(line, "id=")) << 32 | number(after(line, "scope="))}] = f;
}

void learn_samples(const std::string& line) {
  std::istringstream in(line);
  std::string word, card, token;
  in >> word >> card;
  auto& list = cards[card].samples[static_cast<u32>(number(after(line, "type=")))];
  list.clear();
  u64 t = 0;
  while (in >> token) {
    const bool first = token.starts_with("first_us=");
    if (!first && !token.starts_with("+")) continue;
    if (first) token.erase(0, 9);
    const auto equal = token.find('=');
    t = first ? number(token.substr(0, equal)) : t + number(token.substr(1, equal - 1));
    list.push_back({t, number(token.substr(equal + 1))});
  }
}

void learn(const std::string& word, const std::string& card, const std::string& line) {
  if (word == "FIELD" || word == "FIELD1") return learn_field(line);
  if (word == "SAMPLES") return learn_samples(line);
  if (word == "GPM") {
    if (line.find("ms=") != std::string::npos && line.find("ms=1000") == std::string::npos) return;
    if (line.find("id=") == std::string::npos) return;
    metrics[{card, static_cast<u32>(number(after(line, " id=")))}] = {
        .rc = std::atoi(after(line, " rc=").c_str()),
        .value = std::strtod(after(line, "value=").c_str(), nullptr),
        .name = after(line, "name="),
        .unit = after(line, "unit=")};
  } else if (word == "LIVE") {
    Live& live = cards[card].live[static_cast<u32>(number(after(line, "type=")))];
    live.every_us = number(after(line, "every_us="));
    live.values.clear();
    std::istringstream values(after(line, "values="));
    for (std::string v; std::getline(values, v, ',');) live.values.push_back(number(v));
  } else if (word == "DEVICE") {
    Card& c = cards[card];
    c.uuid = after(line, "uuid=");
    const auto bus = line.find("bus=");
    if (bus != std::string::npos) c.bus = line.substr(bus + 4);
  } else if (word == "EVENT") {
    std::istringstream in(line);
    std::string skipped;
    u64 type = 0, data = 0;
    in >> skipped >> skipped >> type >> data;
    cards[card].events.push_back({type, data});
  } else if (word == "ALL") {
    // A card that was lost has forgotten who wanted its events.
    if (cards[card].all != 0) cards[card].registered = 0;
  } else if (word == "INIT") {
    init_rc = std::atoi(after(line, "rc=").c_str());
  } else if (word == "CLEAR") {
    for (auto& [key, c] : cards) {  // handles stay valid
      const u64 registered = c.registered;
      c = Card();
      c.registered = registered;
    }
    fields.clear();
    metrics.clear();
    init_rc = 0;
  }
}

void suffer(std::unique_lock<std::mutex>& lock, const std::string& card, const char* name) { script.suffer(lock, card, name); }
const Answer* find(const std::string& card, const std::string& call) { return script.find(card, call); }
std::vector<Card*> whole() { return script.whole(); }

// The whole of most functions.
int reply(void* device, const char* name, const std::string& arguments, std::initializer_list<Part> parts) {
  std::unique_lock lock(mutex);
  const std::string card = device ? static_cast<Card*>(device)->key : "-";
  suffer(lock, card, name);
  if (inits == 0) return 1;
  if (device && static_cast<Card*>(device)->key.empty()) return 2;
  if (device && static_cast<Card*>(device)->all != 0) return static_cast<Card*>(device)->all;
  return script.answer(card, std::string(name) + "(" + arguments + ")", parts, 3);
}

int text_reply(void* device, const char* name, char* to, u32 length) {
  char all[256] = {};
  const int rc = reply(device, name, "", {{all, sizeof all - 1, 0}});
  if (rc != 0) return rc;
  if (std::strlen(all) + 1 > length) return 7;
  std::strcpy(to, all);
  return 0;
}

// "00000000:3B:00.0" and "0000:3b:00.0" are one.
std::vector<u64> bus_parts(const std::string& text) {
  unsigned domain = 0, bus = 0, device = 0;
  if (std::sscanf(text.c_str(), "%x:%x:%x", &domain, &bus, &device) != 3) return {};
  return {domain, bus, device};
}
std::string bus_of(const Card& card) {
  if (!card.bus.empty()) return card.bus;
  const Answer* a = find(card.key, "nvmlDeviceGetPciInfo_v3()");
  if (!a || a->bytes.size() < 52) return "";
  return std::string(reinterpret_cast<const char*>(a->bytes.data()) + 36, std::min<std::size_t>(32, a->bytes.size() - 36))
      .c_str();
}

struct Snapshot {
  std::string card;
};

}  // namespace

EXPORT void fake_nvml_do(const char* lines) {
  const std::lock_guard lock(mutex);
  script.learn_all(lines);
}
EXPORT int fake_nvml_inits() { return inits; }

EXPORT int nvmlInit_v2() {
  std::unique_lock lock(mutex);
  suffer(lock, "-", "nvmlInit_v2");
  if (init_rc != 0) return init_rc;
  ++inits;
  return 0;
}
EXPORT int nvmlShutdown() {
  if (inits == 0) return 1;
  --inits;
  return 0;
}
EXPORT const char* nvmlErrorString(int rc) { return rc == 0 ? "Success" : "Failure"; }
EXPORT int nvmlSystemGetDriverVersion(char* to, u32 n) { return text_reply(nullptr, "nvmlSystemGetDriverVersion", to, n); }
EXPORT int nvmlSystemGetNVMLVersion(char* to, u32 n) { return text_reply(nullptr, "nvmlSystemGetNVMLVersion", to, n); }
EXPORT int nvmlSystemGetCudaDriverVersion_v2(int* to) {
  return reply(nullptr, "nvmlSystemGetCudaDriverVersion_v2", "", {{to, 4, 0}});
}
EXPORT int nvmlDeviceGetCount_v2(u32* to) {
  const std::lock_guard lock(mutex);
  script.refresh();
  if (inits == 0) return 1;
  *to = static_cast<u32>(whole().size());
  return 0;
}
EXPORT int nvmlDeviceGetHandleByIndex_v2(u32 index, void** to) {
  std::unique_lock lock(mutex);
  suffer(lock, "-", "nvmlDeviceGetHandleByIndex_v2");
  const auto all = whole();
  if (inits == 0) return 1;
  if (index >= all.size()) return 2;
  if (all[index]->all == 15) return 15;
  *to = all[index];
  return 0;
}
EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char* bus, void** to) {
  std::unique_lock lock(mutex);
  suffer(lock, "-", "nvmlDeviceGetHandleByPciBusId_v2");
  if (inits == 0) return 1;
  for (Card* card : whole()) {
    if (bus_parts(bus_of(*card)) != bus_parts(bus)) continue;
    if (card->all == 15) return 15;
    *to = card;
    return 0;
  }
  return 6;
}

#define TEXT(name) \
  EXPORT int name(void* d, char* to, u32 n) { return text_reply(d, #name, to, n); }
#define GET32(name) \
  EXPORT int name(void* d, u32* to) { return reply(d, #name, "", {{to, 4, 0}}); }
#define GET64(name) \
  EXPORT int name(void* d, u64* to) { return reply(d, #name, "", {{to, 8, 0}}); }
#define GET32X2(name) \
  EXPORT int name(void* d, u32* a, u32* b) { return reply(d, #name, "", {{a, 4, 0}, {b, 4, 64}}); }
#define GET32_OF(name) \
  EXPORT int name(void* d, u32 i, u32* to) { return reply(d, #name, arg(i), {{to, 4, 0}}); }
#define STRUCT(name, size) \
  EXPORT int name(void* d, void* to) { return reply(d, #name, "", {{to, size, 0}}); }
// The library does not know the caller's version of the struct if its size or number differ.
#define VERSIONED(name, size, version)                                       \
  EXPORT int name(void* d, void* to) {                                       \
    u32 word;                                                                \
    std::memcpy(&word, to, 4);                                               \
    if (word != (size | (version << 24))) return 25;                         \
    return reply(d, #name, "", {{static_cast<char*>(to) + 4, size - 4, 4}}); \
  }

EXPORT int nvmlDeviceGetUUID(void* d, char* to, u32 n) {
  {
    const std::lock_guard lock(mutex);
    const std::string& uuid = static_cast<Card*>(d)->uuid;
    if (!uuid.empty() && static_cast<Card*>(d)->all == 0 && uuid.size() < n) return std::strcpy(to, uuid.c_str()), 0;
  }
  return text_reply(d, "nvmlDeviceGetUUID", to, n);
}
EXPORT int nvmlDeviceGetPciInfo_v3(void* d, void* to) {
  std::string bus;
  {
    const std::lock_guard lock(mutex);
    bus = static_cast<Card*>(d)->bus;
  }
  const int rc = reply(d, "nvmlDeviceGetPciInfo_v3", "", {{to, 68, 0}});
  if (rc != 0 || bus.empty()) return rc;
  const auto parts = bus_parts(bus);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const u32 v = static_cast<u32>(parts[i]);
    std::memcpy(static_cast<char*>(to) + 16 + 4 * i, &v, 4);
  }
  std::strcpy(static_cast<char*>(to) + 36, bus.c_str());
  return 0;
}
TEXT(nvmlDeviceGetName)
TEXT(nvmlDeviceGetSerial)
TEXT(nvmlDeviceGetVbiosVersion)
GET32(nvmlDeviceGetMinorNumber)
GET32X2(nvmlDeviceGetCudaComputeCapability)
STRUCT(nvmlDeviceGetUtilizationRates, 8)
GET32X2(nvmlDeviceGetEncoderUtilization)
GET32X2(nvmlDeviceGetDecoderUtilization)
STRUCT(nvmlDeviceGetMemoryInfo, 24)
STRUCT(nvmlDeviceGetBAR1MemoryInfo, 24)
GET32_OF(nvmlDeviceGetTemperature)
GET32_OF(nvmlDeviceGetTemperatureThreshold)
GET32(nvmlDeviceGetPowerUsage)
GET32(nvmlDeviceGetEnforcedPowerLimit)
GET32_OF(nvmlDeviceGetClockInfo)
GET32_OF(nvmlDeviceGetMaxClockInfo)
GET32(nvmlDeviceGetPerformanceState)
GET64(nvmlDeviceGetCurrentClocksThrottleReasons)
GET64(nvmlDeviceGetSupportedClocksThrottleReasons)
GET32(nvmlDeviceGetCurrPcieLinkGeneration)
GET32(nvmlDeviceGetCurrPcieLinkWidth)
GET32(nvmlDeviceGetMaxPcieLinkGeneration)
GET32(nvmlDeviceGetMaxPcieLinkWidth)
GET32(nvmlDeviceGetPcieReplayCounter)
GET32_OF(nvmlDeviceGetPcieThroughput)
GET64(nvmlDeviceGetSupportedEventTypes)
GET32X2(nvmlDeviceGetEccMode)
EXPORT int nvmlDeviceGetTotalEccErrors(void* d, u32 a, u32 b, u64* to) {
  return reply(d, "nvmlDeviceGetTotalEccErrors", args(a, b), {{to, 8, 0}});
}
EXPORT int nvmlDeviceGetMemoryErrorCounter(void* d, u32 a, u32 b, u32 c, u64* to) {
  return reply(d, "nvmlDeviceGetMemoryErrorCounter", args(a, b, c), {{to, 8, 0}});
}
EXPORT int nvmlDeviceGetRemappedRows(void* d, u32* a, u32* b, u32* c, u32* e) {
  return reply(d, "nvmlDeviceGetRemappedRows", "", {{a, 4, 0}, {b, 4, 4}, {c, 4, 8}, {e, 4, 12}});
}
STRUCT(nvmlDeviceGetRowRemapperHistogram, 20)
GET32_OF(nvmlDeviceGetNvLinkState)
GET32_OF(nvmlDeviceGetFanSpeed_v2)
GET32X2(nvmlDeviceGetMigMode)
GET32(nvmlDeviceGetMaxMigDeviceCount)
GET32(nvmlDeviceGetGpuInstanceId)
GET32(nvmlDeviceGetComputeInstanceId)
EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(void* d, u32 index, void** to) {
  const std::lock_guard lock(mutex);
  const auto it = cards.find(static_cast<Card*>(d)->key + "." + arg(index));
  if (it == cards.end() || it->second.key.empty()) return 6;
  *to = &it->second;
  return 0;
}

EXPORT int nvmlDeviceGetFieldValues(void* d, int count, void* values) {
  std::unique_lock lock(mutex);
  Card& card = *static_cast<Card*>(d);
  suffer(lock, card.key, "nvmlDeviceGetFieldValues");
  if (inits == 0) return 1;
  if (card.all != 0) return card.all;
  for (int i = 0; i < count; ++i) {
    char* v = static_cast<char*>(values) + 40 * i;
    u32 id, scope;
    std::memcpy(&id, v, 4);
    std::memcpy(&scope, v + 4, 4);
    Field f;
    for (std::string key = card.key; !key.empty(); key = cards[key].like) {
      const auto it = fields.find({key, u64{id} << 32 | scope});
      if (it == fields.end()) continue;
      f = it->second;
      break;
    }
    std::memcpy(v + 24, &f.type, 4);
    std::memcpy(v + 28, &f.rc, 4);
    std::memcpy(v + 32, &f.value, 8);
  }
  return 0;
}

EXPORT int nvmlDeviceGetSamples(void* d, u32 type, u64 last, u32* value_type, u32* count, void* to) {
  std::unique_lock lock(mutex);
  Card& card = *static_cast<Card*>(d);
  suffer(lock, card.key, "nvmlDeviceGetSamples");
  if (inits == 0) return 1;
  if (card.all != 0) return card.all;
  std::vector<Sample> found;
  bool known = false;
  for (const Card* c = &card; c; c = c->like.empty() ? nullptr : &cards[c->like]) {
    if (const auto live = c->live.find(type); live != c->live.end() && !live->second.values.empty()) {
      known = true;
      const Live& l = live->second;
      timespec now{};
      clock_gettime(CLOCK_REALTIME, &now);
      const u64 us = static_cast<u64>(now.tv_sec) * 1000000 + static_cast<u64>(now.tv_nsec) / 1000;
      for (u64 n = 0; n < 120; ++n) {
        const u64 t = (us / l.every_us - 119 + n) * l.every_us;
        if (t > last) found.push_back({t, l.values[(t / l.every_us) % l.values.size()]});
      }
      break;
    }
    const auto it = c->samples.find(type);
    if (it == c->samples.end()) continue;
    known = true;
    for (const Sample& s : it->second) {
      if (s.time_us > last) found.push_back(s);
    }
    break;
  }
  if (!known) return 3;
  *value_type = 1;
  if (!to) return *count = 120, 0;
  if (found.empty()) return 6;
  if (found.size() > *count) return 7;
  *count = static_cast<u32>(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::memcpy(static_cast<char*>(to) + 16 * i, &found[i].time_us, 8);
    std::memcpy(static_cast<char*>(to) + 16 * i + 8, &found[i].value, 8);
  }
  return 0;
}

// The recording has the count at 0 and the entries at 64.
static int process_reply(void* d, const char* name, u32* count, void* to) {
  unsigned char all[8192];
  std::memset(all, 0xa5, sizeof all);
  const int rc = reply(d, name, "256", {{all, sizeof all, 0}});
  if (rc != 0) return rc;
  u32 n;
  std::memcpy(&n, all, 4);
  const u32 room = *count;
  *count = n;
  if (n > room) return 7;
  std::size_t end = sizeof all;
  while (end > 64 && all[end - 1] == 0xa5) --end;
  if (n > 0) std::memcpy(to, all + 64, end - 64);
  return 0;
}
EXPORT int nvmlDeviceGetComputeRunningProcesses(void* d, u32* count, void* to) {
  return process_reply(d, "nvmlDeviceGetComputeRunningProcesses", count, to);
}
EXPORT int nvmlDeviceGetComputeRunningProcesses_v2(void* d, u32* count, void* to) {
  return process_reply(d, "nvmlDeviceGetComputeRunningProcesses_v2", count, to);
}

// The same form of recording; entries of 32 bytes, their time at 8.
EXPORT int nvmlDeviceGetProcessUtilization(void* d, void* to, u32* count, u64 last) {
  unsigned char all[8192];
  std::memset(all, 0xa5, sizeof all);
  const int rc = reply(d, "nvmlDeviceGetProcessUtilization", "256 entries", {{all, sizeof all, 0}});
  if (rc != 0) return rc;
  u32 n, found = 0;
  std::memcpy(&n, all, 4);
  const u32 room = *count;
  for (u32 i = 0; i < n; ++i) {
    const unsigned char* entry = all + 64 + std::size_t{32} * i;
    u64 time;
    std::memcpy(&time, entry + 8, 8);
    if (time <= last) continue;
    if (found < room) std::memcpy(static_cast<char*>(to) + std::size_t{32} * found, entry, 32);
    ++found;
  }
  *count = found;
  return found == 0 ? 6 : found > room ? 7 : 0;
}

EXPORT int nvmlEventSetCreate(void** to) {
  *to = new Card*(nullptr);
  return 0;
}
EXPORT int nvmlEventSetFree(void* set) {
  delete static_cast<Card**>(set);
  return 0;
}
EXPORT int nvmlDeviceRegisterEvents(void* d, u64 types, void* set) {
  std::unique_lock lock(mutex);
  Card& card = *static_cast<Card*>(d);
  suffer(lock, card.key, "nvmlDeviceRegisterEvents");
  if (card.all != 0) return card.all;
  card.registered = types;
  *static_cast<Card**>(set) = &card;
  return 0;
}
EXPORT int nvmlEventSetWait_v2(void* set, void* to, u32 timeout_ms) {
  std::unique_lock lock(mutex);
  Card* card = *static_cast<Card**>(set);
  if (!card || timeout_ms != 0) return 2;
  suffer(lock, card->key, "nvmlEventSetWait_v2");
  if (card->all != 0) return card->all;
  while (!card->events.empty()) {
    const auto [type, data] = card->events.front();
    card->events.pop_front();
    if ((card->registered & type) == 0) continue;
    void* device = card;
    const u32 none = 0xffffffff;
    char* p = static_cast<char*>(to);
    std::memcpy(p, &device, 8);
    std::memcpy(p + 8, &type, 8);
    std::memcpy(p + 16, &data, 8);
    std::memcpy(p + 24, &none, 4);
    std::memcpy(p + 28, &none, 4);
    return 0;
  }
  return 10;
}

#if FAKE_NVML_ERA >= 510
VERSIONED(nvmlDeviceGetMemoryInfo_v2, 40u, 2u)
EXPORT int nvmlDeviceGetGspFirmwareVersion(void* d, char* to) { return text_reply(d, "nvmlDeviceGetGspFirmwareVersion", to, 64); }
EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(void* d, u32* count, void* to) {
  return process_reply(d, "nvmlDeviceGetComputeRunningProcesses_v3", count, to);
}
#endif

#if FAKE_NVML_ERA >= 535
GET64(nvmlDeviceGetCurrentClocksEventReasons)
GET64(nvmlDeviceGetSupportedClocksEventReasons)
GET32(nvmlDeviceGetModuleId)
GET32X2(nvmlDeviceGetJpgUtilization)
GET32X2(nvmlDeviceGetOfaUtilization)
VERSIONED(nvmlDeviceGetMarginTemperature, 8u, 1u)
EXPORT int nvmlDeviceGetRunningProcessDetailList(void* d, void* list) {
  u32 version, mode, room;
  void* to;
  std::memcpy(&version, list, 4);
  std::memcpy(&mode, static_cast<char*>(list) + 4, 4);
  std::memcpy(&room, static_cast<char*>(list) + 8, 4);
  std::memcpy(&to, static_cast<char*>(list) + 16, 8);
  if (version != (24u | (1u << 24))) return 25;
  unsigned char all[8192];
  std::memset(all, 0xa5, sizeof all);
  const int rc = reply(d, "nvmlDeviceGetRunningProcessDetailList", "mode " + arg(mode), {{all, sizeof all, 0}});
  if (rc != 0) return rc;
  u32 n;
  std::memcpy(&n, all + 8, 4);
  std::memcpy(static_cast<char*>(list) + 8, &n, 4);
  if (n > room) return 7;
  std::memcpy(to, all + 64, std::size_t{n} * 32);
  return 0;
}
EXPORT int nvmlGpmQueryDeviceSupport(void* d, void* to) {
  u32 version;
  std::memcpy(&version, to, 4);
  if (version != 1) return 25;
  return reply(d, "nvmlGpmQueryDeviceSupport", "version 1", {{static_cast<char*>(to) + 4, 4, 4}});
}
EXPORT int nvmlGpmSampleAlloc(void** to) {
  *to = new Snapshot;
  return 0;
}
EXPORT int nvmlGpmSampleFree(void* sample) {
  delete static_cast<Snapshot*>(sample);
  return 0;
}
static int take_snapshot(Card& card, const std::string& whose, const char* name, void* sample) {
  std::unique_lock lock(mutex);
  suffer(lock, card.key, name);
  if (card.all != 0) return card.all;
  if (const Answer* a = find(card.key, std::string(name) + "()"); a && a->rc != 0) return a->rc;
  static_cast<Snapshot*>(sample)->card = whose;
  return 0;
}
EXPORT int nvmlGpmSampleGet(void* d, void* sample) {
  Card& card = *static_cast<Card*>(d);
  return take_snapshot(card, card.key, "nvmlGpmSampleGet", sample);
}
EXPORT int nvmlGpmMigSampleGet(void* d, u32 instance, void* sample) {
  Card& card = *static_cast<Card*>(d);
  return take_snapshot(card, card.key + "." + arg(instance), "nvmlGpmMigSampleGet", sample);
}
EXPORT int nvmlGpmMetricsGet(void* request) {
  std::unique_lock lock(mutex);
  char* p = static_cast<char*>(request);
  u32 version, count;
  Snapshot *older, *newer;
  std::memcpy(&version, p, 4);
  std::memcpy(&count, p + 4, 4);
  std::memcpy(&older, p + 8, 8);
  std::memcpy(&newer, p + 16, 8);
  suffer(lock, newer->card, "nvmlGpmMetricsGet");
  if (version != 1 || older->card != newer->card) return 2;
  for (u32 i = 0; i < count; ++i) {
    char* m = p + 24 + 40 * i;
    u32 id;
    std::memcpy(&id, m, 4);
    // An id that it does not know: success, 0, and no name.
    int rc = 0;
    double value = 0;
    const char *name = nullptr, *unit = "%";
    for (std::string key = newer->card; !key.empty(); key = cards[key].like) {
      const auto it = metrics.find({key, id});
      if (it == metrics.end()) continue;
      rc = it->second.rc;
      value = it->second.value;
      if (!it->second.name.empty()) name = it->second.name.c_str();
      unit = it->second.unit.c_str();
      break;
    }
    std::memcpy(m + 4, &rc, 4);
    std::memcpy(m + 8, &value, 8);
    std::memcpy(m + 16, &name, 8);
    std::memcpy(m + 24, &name, 8);
    std::memcpy(m + 32, &unit, 8);
  }
  return 0;
}
#endif

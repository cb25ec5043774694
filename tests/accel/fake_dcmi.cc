// A libdcmi.so that answers what it is told. It declares the interface by itself, so that a wrong layout in the sampler does not find
// the same mistake here.
//
// Told by  lines of text (fake_script.h): fake_dcmi_do(lines), or the file that TACHO_FAKE_DCMI names. What nobody told is "not
//          supported" (-8255).
// Eras     FAKE_DCMI_ERA=1: an old library, without the functions that came later.
//
//   DEVICE 3 card=1 device=1 bus=0000:c1:00.0 like=0    what is not said of 3 is as for 0; card=3 device=0 if it is not said
//   INIT rc=-8012                 INIT2 rc=-8012         what dcmi_init and dcmiv2_init answer
//   ERA 950                       only dcmiv2_... functions work;  ERA 910  only the others do, but for dcmiv2_init
#include <atomic>
#include <cstdio>

#include "fake_script.h"

#ifndef FAKE_DCMI_ERA
#define FAKE_DCMI_ERA 2
#endif

namespace {

using namespace fake;

constexpr int kUnsupported = -8255;
constexpr int kNotReady = -8012;
constexpr int kInvalidDevice = -8007;

struct Card : CardBase {
  int card = 0, device = 0;
  std::string bus;
};

void learn(const std::string& word, const std::string& card, const std::string& line);

Script<Card> script("TACHO_FAKE_DCMI", learn);
std::atomic<int> inits{0};
int init_rc = 0, init2_rc = 0;
bool is_950 = false;

void learn(const std::string& word, const std::string& key, const std::string& line) {
  if (word == "DEVICE") {
    Card& c = script.cards[key];
    const std::string card = after(line, "card=");
    c.card = card.empty() ? std::atoi(key.c_str()) : std::atoi(card.c_str());
    c.device = std::atoi(after(line, "device=").c_str());
    const auto bus = line.find("bus=");
    if (bus != std::string::npos) c.bus = line.substr(bus + 4, line.find(' ', bus) - bus - 4);
  } else if (word == "INIT") {
    init_rc = std::atoi(after(line, "rc=").c_str());
  } else if (word == "INIT2") {
    init2_rc = std::atoi(after(line, "rc=").c_str());
  } else if (word == "ERA") {
    is_950 = key == "950";
  } else if (word == "CLEAR") {
    script.cards.clear();
    init_rc = init2_rc = 0;
    is_950 = false;
  }
}

Card* find(int card, int device) {
  for (Card* c : script.whole()) {
    if (c->card == card && c->device == device) return c;
  }
  return nullptr;
}

// The whole of most functions. `era`: 1 by card and device, 2 by number, which is `card`.
int reply(int era, int card, int device, const std::string& what, const std::string& arguments,
          std::initializer_list<Part> parts) {
  std::unique_lock lock(script.mutex);
  script.refresh();
  const Card* c = era == 1 ? find(card, device) : nullptr;
  if (era == 2 && script.cards.contains(arg(card))) c = &script.cards[arg(card)];
  if (!c) return inits == 0 ? kNotReady : kInvalidDevice;
  const std::string key = c->key, call = what + "(" + arguments + ")";
  const int all = c->all;
  script.suffer(lock, key, (era == 1 ? "dcmi_" : "dcmiv2_") + what);
  if (inits == 0) return kNotReady;
  if ((era == 2) != is_950) return kUnsupported;
  if (all != 0) return all;
  return script.answer(key, "dcmi_" + call, parts, kUnsupported);
}

int text_reply(const char* name, char* to, u32 length) {
  char all[256] = {};
  const std::unique_lock lock(script.mutex);
  script.refresh();
  const int rc = script.answer("-", std::string(name) + "()", {{all, sizeof all - 1, 0}}, kUnsupported);
  if (rc != 0) return rc;
  if (std::strlen(all) + 1 > length) return -8001;
  std::strcpy(to, all);
  return 0;
}

int start(const char* name, int era, const int& rc) {
  std::unique_lock lock(script.mutex);
  script.suffer(lock, "-", name);
  if (rc != 0) return rc;
  if (era == 1 && is_950) return kUnsupported;
  ++inits;
  return 0;
}

int card_list(const char* name, int* count, int* to, int length) {
  std::unique_lock lock(script.mutex);
  script.suffer(lock, "-", name);
  if (inits == 0) return kNotReady;
  if (is_950) return kUnsupported;
  std::vector<int> numbers;
  for (const Card* c : script.whole()) numbers.push_back(c->card);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  *count = static_cast<int>(numbers.size());
  for (int i = 0; i < std::min(*count, length); ++i) to[i] = numbers[static_cast<std::size_t>(i)];
  return 0;
}

int devices_in_card(int card, int* count) {
  const std::lock_guard lock(script.mutex);
  *count = 0;
  for (const Card* c : script.whole()) *count += c->card == card;
  return *count > 0 ? 0 : kInvalidDevice;
}

}  // namespace

EXPORT void fake_dcmi_do(const char* lines) {
  const std::lock_guard lock(script.mutex);
  script.learn_all(lines);
}
EXPORT int fake_dcmi_inits() { return inits; }

EXPORT int dcmi_init() { return start("dcmi_init", 1, init_rc); }
EXPORT int dcmi_get_dcmi_version(char* to, u32 n) { return text_reply("dcmi_get_dcmi_version", to, n); }
EXPORT int dcmi_get_driver_version(char* to, u32 n) { return text_reply("dcmi_get_driver_version", to, n); }
EXPORT int dcmi_get_device_num_in_card(int card, int* count) { return devices_in_card(card, count); }
EXPORT int dcmi_get_device_logic_id(int* to, int c, int d) { return reply(1, c, d, "get_device_logic_id", "", {{to, 4, 0}}); }
EXPORT int dcmi_get_device_phyid_from_logicid(u32 logic, u32* to) {
  const std::lock_guard lock(script.mutex);
  return script.answer("-", "dcmi_get_device_phyid_from_logicid(" + arg(logic) + ")", {{to, 4, 0}}, kUnsupported);
}

#define GET(name, size) \
  EXPORT int dcmi_##name(int c, int d, void* to) { return reply(1, c, d, #name, "", {{to, size, 0}}); }
#define GET_OF(name, size) \
  EXPORT int dcmi_##name(int c, int d, int i, void* to) { return reply(1, c, d, #name, arg(i), {{to, size, 0}}); }
// The time to measure comes in with the struct.
#define MEASURE(name, size)                                                             \
  EXPORT int dcmi_##name(int c, int d, void* to) {                                      \
    int ms;                                                                             \
    std::memcpy(&ms, to, 4);                                                            \
    return reply(1, c, d, #name, arg(ms), {{static_cast<char*>(to) + 4, size - 4, 4}}); \
  }

GET(get_device_type, 4)
GET(get_device_chip_info_v2, 132)
GET_OF(get_device_die_v2, 20)
GET(get_device_elabel_info, 1280)
GET(get_device_health, 4)
GET(get_device_power_info, 4)
GET(get_device_temperature, 4)
GET(get_device_voltage, 4)
GET_OF(get_device_frequency, 4)
GET(get_device_hbm_info, 32)
GET(get_device_memory_info_v3, 112)
GET_OF(get_device_utilization_rate, 4)
GET_OF(get_device_ecc_info, 36)
GET(get_device_network_health, 4)
GET_OF(get_netdev_pkt_stats_info, 464)
MEASURE(get_pcie_link_bandwidth_info, 88)
MEASURE(get_hccs_link_bandwidth_info, 280)

EXPORT int dcmi_get_device_pcie_info_v2(int c, int d, void* to) {
  std::string bus;
  {
    const std::lock_guard lock(script.mutex);
    if (const Card* card = find(c, d)) bus = card->bus;
  }
  unsigned domain = 0, number = 0, slot = 0, function = 0;
  const int rc = reply(1, c, d, "get_device_pcie_info_v2", "", {{to, 64, 0}});
  if (rc != kUnsupported || std::sscanf(bus.c_str(), "%x:%x:%x.%x", &domain, &number, &slot, &function) != 4) return rc;
  const u32 words[8] = {0x19e5, 0x19e5, 0xd802, 0x3000, domain, number, slot, function};
  std::memset(to, 0, 64);
  std::memcpy(to, words, sizeof words);
  return 0;
}

// The count at 0, then the codes.
EXPORT int dcmi_get_device_errorcode_v2(int c, int d, int* count, u32* to, u32 length) {
  return reply(1, c, d, "get_device_errorcode_v2", "", {{count, 4, 0}, {to, std::size_t{length} * 4, 4}});
}
// The count at 0, the entries from 16 on; there is room for 32.
EXPORT int dcmi_get_device_resource_info(int c, int d, void* to, int* count) {
  return reply(1, c, d, "get_device_resource_info", "", {{count, 4, 0}, {to, 32 * 16, 16}});
}

#if FAKE_DCMI_ERA == 1
EXPORT int dcmi_get_card_num_list(int* count, int* to, int n) { return card_list("dcmi_get_card_num_list", count, to, n); }
#else
EXPORT int dcmi_get_card_list(int* count, int* to, int n) { return card_list("dcmi_get_card_list", count, to, n); }
EXPORT int dcmi_get_device_id_in_card(int card, int* devices, int* mcu, int* cpu) {
  const int rc = devices_in_card(card, devices);
  *mcu = *devices;
  *cpu = -1;
  return rc;
}
GET(get_device_multi_utilization_rate, 48)

EXPORT int dcmiv2_init() { return start("dcmiv2_init", 2, init2_rc); }
EXPORT int dcmiv2_get_device_list(int* to, int* count, int length) {
  std::unique_lock lock(script.mutex);
  script.suffer(lock, "-", "dcmiv2_get_device_list");
  if (inits == 0) return kNotReady;
  if (!is_950) return kUnsupported;
  *count = 0;
  for (const Card* c : script.whole()) {
    if (*count < length) to[(*count)++] = std::atoi(c->key.c_str());
  }
  return 0;
}
#define GET2(name, size) \
  EXPORT int dcmiv2_##name(int d, void* to) { return reply(2, d, 0, #name, "", {{to, size, 0}}); }
#define GET2_OF(name, size) \
  EXPORT int dcmiv2_##name(int d, int i, void* to) { return reply(2, d, 0, #name, arg(i), {{to, size, 0}}); }
GET2_OF(get_device_utilization_rate, 4)
GET2(get_device_multi_utilization_rate, 48)
GET2(get_device_health, 4)
GET2(get_device_power_info, 4)
GET2(get_device_temperature, 4)
GET2(get_device_hbm_info, 32)
GET2_OF(get_device_frequency, 4)
GET2(get_device_network_health, 4)
#endif

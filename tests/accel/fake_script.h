// What the fakes of vendors' libraries have in common: they answer what they are told, by lines of text, later ones over earlier ones.
//
// Told by  the library's fake_..._do(lines), from the test in the same process; or the file that an environment variable names, read
//          again when it changes.
//
//   CALL 0 FUNCTION(arguments) rc=0 | u32 80000     after the bar: u32, i32, u64, f64, name (a word), text (to the end of the line),
//                                                  "bytes 4 ff" (four of that value), and "at N" for the N-th byte
//   CALL 0 FUNCTION(0) rc=0 ... | 41 | raw=29000000
//   ALL 0 rc=15      ALL 0 rc=0                     every call for the device answers so; not any more
//   HANG 0 FUNCTION  DELAY 0 FUNCTION MS  CRASH 0 FUNCTION   RELEASE   ends all three, hanging calls included
//   CLEAR                                           forgets everything but who waits
//
// Header   as each library is to have its own of everything, its own allocation included, this is no library of its own.
#pragma once

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace fake {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using Bytes = std::vector<unsigned char>;

struct Answer {
  int rc = 0;
  Bytes bytes;
};
struct Trouble {
  bool hang = false;
  bool crash = false;
  int delay_ms = 0;
};
// The base of a library's own.
struct CardBase {
  std::string key, like;
  int all = 0;
};

inline std::string after(const std::string& line, const std::string& key) {
  const auto at = line.find(key);
  if (at == std::string::npos) return "";
  const auto from = at + key.size();
  if (from < line.size() && line[from] == '"') {
    const auto end = line.find('"', from + 1);
    return line.substr(from + 1, end - from - 1);
  }
  return line.substr(from, line.find_first_of(" \n:", from) - from);
}
inline u64 number(const std::string& text) { return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 0); }

inline Bytes from_hex(const std::string& text) {
  Bytes out;
  std::string digits;
  for (const char c : text) {
    if (c == '.') break;
    if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
    if (digits.size() == 2) out.push_back(static_cast<unsigned char>(std::strtoul(digits.c_str(), nullptr, 16))), digits.clear();
  }
  return out;
}

inline Bytes from_values(const std::string& text) {
  Bytes out;
  std::istringstream in(text);
  std::string kind;
  std::size_t at = 0;
  const auto put = [&](const void* p, std::size_t n) {
    if (out.size() < at + n) out.resize(at + n, 0xa5);
    std::memcpy(out.data() + at, p, n);
    at += n;
  };
  const auto take = [&](auto v) {
    in >> v;
    put(&v, sizeof v);
  };
  while (in >> kind) {
    if (kind == "at") {
      in >> at;
    } else if (kind == "u32") {
      take(u32{});
    } else if (kind == "i32") {
      take(std::int32_t{});
    } else if (kind == "u64") {
      take(u64{});
    } else if (kind == "f64") {
      take(double{});
    } else if (kind == "bytes") {
      std::size_t n = 0;
      std::string v;
      in >> n >> v;
      const Bytes all(n, static_cast<unsigned char>(std::strtoul(v.c_str(), nullptr, 16)));
      put(all.data(), n);
    } else if (kind == "name") {
      std::string v;
      in >> v;
      put(v.c_str(), v.size() + 1);
    } else if (kind == "text") {
      std::string v;
      std::getline(in, v);
      v.erase(0, v.find_first_not_of(' '));
      put(v.c_str(), v.size() + 1);
    } else {
      break;  // a recording's own words
    }
  }
  return out;
}

inline std::string arg(std::int64_t v) { return std::to_string(v); }
template <class... V>
std::string args(std::int64_t first, V... rest) {
  std::string out = arg(first);
  ((out += "," + arg(rest)), ...);
  return out;
}

// A part of the answer's bytes, and where the caller wants it.
struct Part {
  void* to;
  std::size_t bytes;
  std::size_t at;
};

template <class CardOf>
class Script {
 public:
  // `environment`: names the file. `own`: takes a line with the library's own words; also told of CLEAR and ALL.
  Script(const char* environment, void (*own)(const std::string& word, const std::string& card, const std::string& line))
      : path_(std::getenv(environment)), learn_own_(own) {}

  std::mutex mutex;  // guards all
  std::map<std::string, CardOf> cards;
  std::map<std::string, Answer> answers;  // "0 nvmlDeviceGetPowerUsage()"

  // Requires, of all that follow: the mutex is held.
  void learn_all(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) learn(line);
    released_.notify_all();
  }

  // Before each call: what is to go wrong. The lock is given up while the call hangs.
  void suffer(std::unique_lock<std::mutex>& lock, const std::string& card, const std::string& name) {
    refresh();
    const auto it = troubles_.find(card + " " + name);
    if (it == troubles_.end()) return;
    const Trouble t = it->second;
    if (t.crash) raise(SIGSEGV);
    const u64 now = generation_;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(t.delay_ms);
    while (generation_ == now && (t.hang || std::chrono::steady_clock::now() < until)) {
      released_.wait_for(lock, std::chrono::milliseconds(5));
      refresh();
    }
  }

  const Answer* find(std::string card, const std::string& call) {
    for (int depth = 0; depth < 4; ++depth) {
      const auto it = answers.find(card + " " + call);
      if (it != answers.end()) return &it->second;
      const auto c = cards.find(card);
      if (c == cards.end() || c->second.like.empty()) return nullptr;
      card = c->second.like;
    }
    return nullptr;
  }

  // The answer to a call, or `unknown` where nobody told one.
  int answer(const std::string& card, const std::string& call, std::initializer_list<Part> parts, int unknown) {
    const Answer* a = find(card, call);
    if (!a) return unknown;
    if (a->rc != 0) return a->rc;
    for (const Part& p : parts) {
      if (p.at >= a->bytes.size()) continue;
      std::memcpy(p.to, a->bytes.data() + p.at, std::min(p.bytes, a->bytes.size() - p.at));
    }
    return 0;
  }

  // Whole cards, in the order of their numbers.
  std::vector<CardOf*> whole() {
    std::vector<CardOf*> out;
    for (auto& [key, card] : cards) {
      if (!card.key.empty() && key.find('.') == std::string::npos) out.push_back(&card);
    }
    std::sort(out.begin(), out.end(),
              [](const CardOf* a, const CardOf* b) { return std::atoi(a->key.c_str()) < std::atoi(b->key.c_str()); });
    return out;
  }

  // The file, when it changed.
  void refresh() {
    struct stat s{};
    if (!path_ || stat(path_, &s) != 0 || (s.st_mtim.tv_sec == seen_.tv_sec && s.st_mtim.tv_nsec == seen_.tv_nsec)) return;
    seen_ = s.st_mtim;
    std::ifstream in(path_);
    std::stringstream text;
    text << in.rdbuf();
    learn_all("CLEAR\n" + text.str());
  }

 private:
  void learn_call(const std::string& line) {
    std::istringstream in(line);
    std::string word, card, call;
    in >> word >> card;
    std::getline(in, call);
    const auto open = call.find('('), close = call.find(')');
    if (open == std::string::npos || close == std::string::npos) return;
    std::string name = call.substr(1, open - 1), arguments = call.substr(open + 1, close - open - 1);
    if (name.starts_with(' ')) name.erase(0, 1);
    if (arguments.starts_with("size ")) arguments.clear();
    const std::string rest = call.substr(close + 1);
    if (after(rest, "rc=").empty()) return;
    Answer a;
    a.rc = std::atoi(after(rest, "rc=").c_str());
    const auto raw = rest.find("raw=");
    const auto bar = rest.find('|');
    if (raw != std::string::npos) {
      a.bytes = from_hex(rest.substr(raw + 4));
    } else if (bar != std::string::npos) {
      a.bytes = from_values(rest.substr(bar + 1));
    }
    if (card != "-") cards[card].key = card;
    answers[card + " " + name + "(" + arguments + ")"] = a;
  }

  void learn(const std::string& line) {
    std::istringstream in(line);
    std::string word, card;
    in >> word >> card;
    if (word == "CALL") return learn_call(line);
    if (word == "HANG" || word == "DELAY" || word == "CRASH") {
      std::string name;
      int ms = 0;
      in >> name >> ms;
      troubles_[card + " " + name] = {.hang = word == "HANG", .crash = word == "CRASH", .delay_ms = ms};
    } else if (word == "RELEASE") {
      troubles_.clear();
      ++generation_;
    } else if (word == "ALL") {
      cards[card].all = std::atoi(after(line, "rc=").c_str());
    } else if (word == "CLEAR") {
      answers.clear();
      troubles_.clear();
      ++generation_;
    } else if (word == "DEVICE") {
      cards[card].key = card;
      cards[card].like = after(line, "like=");
    }
    learn_own_(word, card, line);
  }

  const char* const path_;
  void (*const learn_own_)(const std::string&, const std::string&, const std::string&);
  timespec seen_{};
  std::condition_variable released_;
  std::map<std::string, Trouble> troubles_;  // "0 nvmlDeviceGetPowerUsage"
  u64 generation_ = 0;                       // of RELEASE
};

}  // namespace fake

#define EXPORT extern "C" __attribute__((visibility("default")))

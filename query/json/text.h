// JSON as text, written front to back without a tree.
//
// Shape    a buffer that grows without clearing; take() gives it away.
// Source   the forms of Prometheus 3's own encoder, byte for byte: strings as Go's encoding/json writes them (with <,
// > and &
//          escaped), label sets without that; points' times with no fraction or three digits of it.
// Threads  one owner.   Cost  about 10 ns a whole number, 40 ns another.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "proto/base/labels.h"
#include "proto/base/number.h"
#include "proto/base/sample.h"
#include "query/engine/points.h"

namespace tacho::query {

class JsonText {
 public:
  void raw(std::string_view s) {
    char* const to = room(s.size());
    std::memcpy(to, s.data(), s.size());
    used_ += s.size();
  }
  void raw(char c) {
    *room(1) = c;
    ++used_;
  }
  void string(std::string_view s) { quoted_text(s, true); }
  void label_string(std::string_view s) { quoted_text(s, false); }
  void integer(std::int64_t v);
  void number(double v);         // as a JSON number; null where JSON has none
  void labels(const Labels& l);  // {"__name__":"up","a":"b"}
  // [1435781451.781,"1"]
  void point(const Sample& s);
  // [[1435781451,"1"],[1435781452,"2"]]: one series. The series of an answer mostly have the same times, and copying their text is
  // cheaper than printing it.
  void points(const Points& list);
  // A list of strings: ["a","b"].
  template <class Strings>
  void strings(const Strings& list) {
    raw('[');
    bool first = true;
    for (const auto& s : list) {
      if (!std::exchange(first, false)) raw(',');
      string(s);
    }
    raw(']');
  }

  // Memory for about n bytes more in one step, where the size can be guessed.
  void expect(std::size_t n) { room(n); }
  std::string take();

 private:
  // Memory for n bytes more; what is written there counts once used_ is raised.
  char* room(std::size_t n) {
    if (text_.size() - used_ < n) grow(n);
    return text_.data() + used_;
  }
  void grow(std::size_t n);
  void quoted_text(std::string_view s, bool escape_html);

  std::string text_;
  std::size_t used_ = 0;
  // `[1435781451,"` with room to be copied whole, which is cheaper than as many bytes as it has.
  struct TimeText {
    std::array<char, 31> text;
    std::uint8_t size;
  };
  static constexpr std::size_t kTimesKept = 16'384;  // longer series go without
  char* write_value(char* to, double v);
  void point_by_point(const Points& list);
  void print_times(const Points& list);

  std::vector<TimeText> times_;  // of evenly spaced points, these:
  TimeMs times_start_ = 0;
  std::int64_t times_step_ = 0;
  // Constant series are common: where the text of the last value that differed from its predecessor stands. It is copied from there and not
  // from its newest copy, whose bytes are still on their way to the cache.
  std::uint64_t last_bits_ = 0;
  std::size_t last_at_ = 0;
  std::size_t last_size_ = 0;  // 0: none yet
};

}  // namespace tacho::query

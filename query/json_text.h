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
  void points(std::span<const Sample> list);
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
  // Both with room to be copied whole, which is cheaper than as many bytes as they have.
  struct TimeText {
    TimeMs t = 0;
    std::size_t size = 0;  // 0: none yet
    std::array<char, 32> text;
  };
  static constexpr std::size_t kTimesKept = 16'384;  // longer series go without
  char* write_value(char* to, double v);

  std::vector<TimeText> times_;  // by the point's place in its series
  // The last point's value, as text too: constant series are common.
  std::uint64_t last_bits_ = 0;
  std::size_t last_size_ = 1;
  std::array<char, kApiNumberBytes> last_value_{'0'};
};

}  // namespace tacho::query

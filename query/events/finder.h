// Walks through slices of samples and notes what the rules call an event; twins.h then leaves out what is told twice.
//
// Shape    a track for each rule of each series, over all slices: the last sample, the episode that is open. A series whose identity labels change
//          (a pod ends on a card) is one series here.
// Threads  one.   Cost  find_events.h.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "query/events/event.h"
#include "query/events/rules.h"

namespace tacho::query {

// An event that has no text yet.
struct FoundEvent {
  const EventRule* rule = nullptr;
  const Labels* labels = nullptr;
  TimeMs time = 0, end = 0;  // of a point: the same
  double count = 1;
  bool is_episode = false, began_earlier = false, ongoing = false;
  bool dropped = false;  // a twin tells it
};

class EventFinder {
 public:
  // `held`: what the store has; `read`: what the slices will cover.
  EventFinder(std::function<bool(std::string_view)> is_identity, store::TimeRange held, store::TimeRange read)
      : is_identity_(std::move(is_identity)), held_(held), read_(read) {}

  // The metrics that rules name.
  static store::Matcher matcher();
  // Slices follow each other.
  void enter(const store::Selection& slice);
  // What is open then goes on, or ended with its rows.
  void finish();

  // All of `read` is without a row of the series that shows it.
  void add_silence(const EventRule& rule, const Labels& labels, store::TimeRange read);

  std::vector<FoundEvent>& found() { return found_; }
  // The card at an address on the bus, as event_device names it; "" where no row told.
  std::string card_at(std::string_view pci_bus_id) const;

 private:
  // How far apart rows stand, as a rule: since the agent started, for it may have started with another interval.
  struct Pace {
    static constexpr std::size_t kSteps = 10;
    std::array<std::int64_t, kSteps> steps{};  // of the newest rows; the oldest is overwritten
    std::size_t count = 0;                     // of steps since it started, but for the first: that row is off the grid
    bool began = false;                        // the last row was the first after a start, or of all
    std::int64_t step = 0;                     // known last, of the start before where this has had none; 0: none
  };
  struct Track {
    const EventRule* rule = nullptr;
    TimeMs last_t = 0;
    double last_v = 0;
    bool has_last = false;  // that the next sample can be compared with
    bool has_rows = false;
    Pace pace;  // no_rows
    bool open = false, began_earlier = false;
    TimeMs begin = 0;
    const Labels* labels = nullptr;  // of the open episode, or of the last row
  };
  struct Series {
    std::vector<const store::SeriesView*> views;  // of the slice, by time
    std::vector<Track> tracks;
  };
  struct Rows;
  class Stretches;

  std::string key_of(const Labels& labels);
  void feed(Track& track, const Rows& rows);
  void feed_counter(Track& track, const Rows& rows);
  void feed_episode(Track& track, const Rows& rows);
  void feed_change(Track& track, const Rows& rows);
  void feed_rows(Track& track, const Rows& rows);
  static std::int64_t step_at(const Pace& pace, const Rows& rows, std::size_t i);
  void point(const Track& track, const Labels* labels, TimeMs t, double count);
  void close(Track& track, TimeMs end, bool ongoing);
  const Labels* keep(const Labels& labels);

  std::function<bool(std::string_view)> is_identity_;
  store::TimeRange held_, read_;
  std::map<std::string, bool, std::less<>> known_identity_;  // labels that were asked about
  std::map<std::string, Series> series_;
  std::map<std::string, std::string, std::less<>> cards_;  // by address
  std::deque<Labels> labels_;
  std::map<const Labels*, const Labels*> kept_;  // of the slice's labels, those that events have
  std::vector<FoundEvent> found_;
};

}  // namespace tacho::query

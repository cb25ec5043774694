// Calendar functions, in UTC. Without an argument they are asked of the step's own time.
#include <cmath>

#include "query/functions/vector_functions.h"

namespace tacho::query {
namespace {

struct Date {
  std::int64_t year;
  int month;  // 1..12
  int day;    // 1..31
};

// The proleptic Gregorian date of a day number since 1970-01-01; years begin in March, so that leap days come last.
Date date_of(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<std::uint32_t>(days - era * 146097);
  const std::uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t shifted = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  const int day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

bool is_leap(std::int64_t y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

int days_in(std::int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

int day_of_year(const Date& d) {
  int n = d.day;
  for (int m = 1; m < d.month; ++m) n += days_in(d.year, m);
  return n;
}

double part(FunctionId id, double seconds) {
  // Beyond this there is no calendar to speak of.
  if (!(std::fabs(seconds) < 1e17)) return normal_nan();
  const auto t = static_cast<std::int64_t>(seconds);
  const std::int64_t days = t / 86400 - (t % 86400 < 0 ? 1 : 0);
  const std::int64_t second = t - days * 86400;
  const Date d = date_of(days);
  switch (id) {
    case FunctionId::minute: return static_cast<double>(second / 60 % 60);
    case FunctionId::hour: return static_cast<double>(second / 3600);
    case FunctionId::day_of_month: return d.day;
    case FunctionId::day_of_week: return static_cast<double>(((days + 4) % 7 + 7) % 7);
    case FunctionId::day_of_year: return day_of_year(d);
    case FunctionId::days_in_month: return days_in(d.year, d.month);
    case FunctionId::month: return d.month;
    default: return static_cast<double>(d.year);
  }
}

}  // namespace

Values date_family(VectorCall& call) {
  if (call.count() == 0) {
    Matrix m = Matrix::scalar(call.grid.count, 0);
    for (std::size_t i = 0; i < m.steps(); ++i) {
      m.values(0)[i] = part(call.id(), static_cast<double>(call.grid.at(i) / 1000));
    }
    return m;
  }
  Matrix m = std::move(call.args[0]);
  for (std::size_t r = 0; r < m.rows(); ++r) {
    for (double& v : m.values(r)) v = part(call.id(), v);
  }
  if (auto status = drop_names(m); !status) return std::unexpected(status.error());
  return m;
}

}  // namespace tacho::query

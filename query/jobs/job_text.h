// A job report for people: a line a run, or a page a run.
//
// Shape    times in UTC; a hyphen where nothing was read. ASCII but for names.
// Width    of the terminal that it is for, which no line exceeds (proto/base/text_table.h); 0: none.
// Threads  pure.
#pragma once

#include <string>

#include "query/jobs/job_report.h"

namespace tacho::query {

// All runs, the latest last, and what nobody held.
std::string job_table(const JobReport& report, std::size_t width = 0);
// The runs of this name ("train-7" or "team-a/train-7"), each whole; "" where there is none.
std::string job_pages(const JobReport& report, std::string_view name, std::size_t width = 0);

}  // namespace tacho::query

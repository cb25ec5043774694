// A job report for people: a line a run, or a page a run.
//
// Shape    times in UTC; a hyphen where nothing was read. ASCII.
// Threads  pure.
#pragma once

#include <string>

#include "query/jobs/job_report.h"

namespace tacho::query {

// All runs, the latest last, and what nobody held.
std::string job_table(const JobReport& report);
// The runs of this name ("train-7" or "team-a/train-7"), each whole; "" where there is none.
std::string job_pages(const JobReport& report, std::string_view name);

}  // namespace tacho::query

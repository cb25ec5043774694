// A job report as JSON: what /api/v1/jobs answers, and tacho job --format json prints.
//
// Shape    {"from","to","jobs":[...],"unattributed":[devices],"devices":[devices]}; times in Unix seconds, everything else in the unit that
//          its name says. What was not read is not there.
// Threads  pure.
#pragma once

#include <string>

#include "query/jobs/job_report.h"

namespace tacho::query {

std::string job_json(const JobReport& report);

}  // namespace tacho::query

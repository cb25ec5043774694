// Any bytes are a log of identities or none: what is read of them is written and read again as the same, and makes a timeline whose answers
// carry only labels that may be joined. The first byte says how many bytes of a good log come before the rest.
#include <string>

#include "proto/base/check.h"
#include "store/identity/record.h"
#include "store/identity/timeline.h"
#include "store/log_records.h"

namespace {

using namespace tacho;
using namespace tacho::store;

std::string record_of(const Identity& identity) {
  std::string out;
  append_log_record(out, IdentityRecordHeader{.magic = kIdentityRecordMagic, .from = identity.from}, pack_identity(identity));
  return out;
}

void check_read(const IdentitiesRead& read) {
  std::string again = identity_log_header();
  for (const Identity& i : read.identities) again += record_of(i);
  const IdentitiesRead same = read_identities(bytes_of(again));
  TACHO_CHECK(same.damaged == 0 && same.identities == read.identities);
  const auto timeline = IdentityTimeline::of(read.identities);
  TACHO_CHECK(timeline->entries().size() <= read.identities.size());
  IdentityJoiner joiner(*timeline, {0, 1'000'000});
  for (const Labels& series : {Labels::of("m"), Labels::of("m", {{"uuid", "a"}, {"job", "own"}})}) {
    TimeMs before = -1;
    for (const IdentityStretch& s : joiner.stretches(series)) {
      TACHO_CHECK(s.from > before && s.from <= 1'000'000);
      before = s.from;
      const Labels joined = joined_labels(series, *s.labels);
      for (const Label& l : series) TACHO_CHECK(joined.get(l.name) == l.value);
      for (const Label& l : joined) TACHO_CHECK(series.has(l.name) || is_identity_label(l.name));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, unsigned long size) {
  if (size == 0) return 0;
  const std::string rest(reinterpret_cast<const char*>(data + 1), size - 1);
  std::string good = identity_log_header();
  good += record_of({"pod", {Labels()}, Labels{{"job_name", "x"}, {"job", "never"}}, 1000});
  good += record_of({"card a", {Labels{{"uuid", "a"}}, Labels{{"uuid", "b"}}}, {}, 500'000});
  std::string file = good.substr(0, std::min<std::size_t>(data[0], good.size())) + rest;
  if (check_identity_log(bytes_of(file), "log")) check_read(read_identities(bytes_of(file)));
  check_read(read_identities(bytes_of(good + rest)));
  // And as one payload, where no checksum is in the way.
  if (auto identity = unpack_identity(std::as_bytes(std::span(rest.data(), rest.size())), 5000)) {
    identity->labels = identity_labels(identity->labels);
    check_read({{*identity}, 0});
  }
  return 0;
}

// What an alias is: series under another name, made of the columns of series that are kept.
//
// Shape    a rule gives one family of alias series. Its terms name the series it is made of; the series of one card, which have equal
//          labels once they are the alias's, become one alias series:
//            value = sum of (factor x series) over the terms [/ the same over the divisor] [, per second] x times / over
//          Several rules may give one family: of equal label sets the first rule's counts.
// Units    the rule's: `times` and `over` are both exact (100 and 1, not 0.01), so that no value is off by a rounding.
// Where from  tables of the rooms above; this room knows no name of any exporter.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/labels.h"
#include "proto/base/sample.h"
#include "store/matcher.h"
#include "store/series.h"

namespace tacho::store {

// A label of the alias series.
struct AliasLabel {
  using Text = std::string (*)(std::string_view);
  std::string name;
  std::string from;       // the label of the series it is made of
  Text make = nullptr;    // from that one's value; null: as it is
  Text unmake = nullptr;  // the one value of `from` that becomes this one, or "" where nobody can say; null: there is no such
};

// The alias labels by which two series are known to be of one card; "" where there is none of that kind.
struct CardLabels {
  std::string vendor, uuid, address, index, partition;
};

// How the labels of a set of aliases are made. What is neither named here nor pinned by a rule's terms stays as it is.
struct AliasLabels {
  std::vector<AliasLabel> made;      // of several with one name the first that the series has
  std::vector<std::string> dropped;  // series that differ in nothing else are summed
  std::vector<Label> constant;
  CardLabels card;
  // Whether the store is likely to have series of these names itself. It only decides which way is cheaper.
  bool usually_stored = false;
};

struct AliasTerm {
  std::string metric;
  std::vector<Matcher> where;  // a label that is said to equal a value is not on the alias series
  double factor = 1;
  bool optional = false;  // a card without it is a card where it is 0, not one where it is unknown
};

struct AliasRule {
  std::string set;  // what people ask for: "dcgm"
  std::string name;
  MetricType type = MetricType::unknown;
  std::string help;
  Rollup rollup = Rollup::none;
  std::vector<AliasTerm> terms;
  std::vector<AliasTerm> divisor;  // empty: nothing is divided
  bool per_second = false;         // from counters; the step between neighbouring samples
  bool sums = false;               // a card has several series of a term
  double times = 1, over = 1;
  std::optional<double> unread;  // the value that says that nothing was read: no sample
  std::vector<Label> fixed;      // labels of the alias series
  std::shared_ptr<const AliasLabels> labels;
};

}  // namespace tacho::store

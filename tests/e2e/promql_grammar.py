"""Random valid PromQL: a grammar over the metrics of promql_diff_fuzz.py, each query a tree that can be taken apart again.

Only what Prometheus 2.42 knows, in version 3's spelling; `for_version_2` gives the text that 2.42 takes. Times are kept apart: samples lie
at odd milliseconds, queries are asked off the whole seconds, and a subquery's range has a millisecond more, so that no sample and no step of
a subquery lies exactly at the open end of a range, where versions 2 and 3 differ.

Left out, for 2.42 has it wrong and version 3 right: atan2 (keeps the name), a range under @ in a function that is another at each step
(moves with it; so does predict_linear),
count_values into a label that does not sort last (groups fall together). timestamp() of a selector with both @ and offset loses the offset in
both versions, and not here.
"""
import re

GAUGES = ["g_load", "g_temp", "g_part", "g_odd"]
COUNTERS = ["c_total", "c_bytes_total"]
LABELS = ["job", "inst", "dev", "mode"]
MATH = ["abs", "exp", "sqrt", "ln", "log2", "log10", "sgn", "asin", "acos", "atan", "sinh", "cosh",
        "tanh", "asinh", "acosh", "atanh", "deg", "rad"]
STEEP = ["sin", "cos", "tan", "ceil", "floor", "round"]  # a last digit may decide: only where both have the very same number
DATES = ["minute", "hour", "day_of_month", "day_of_week", "day_of_year", "days_in_month", "month", "year"]
OVER_TIME = ["sum", "avg", "min", "max", "count", "stddev", "stdvar", "last", "present"]
AGGREGATES = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
ARITHMETIC = ["+", "-", "*", "/", "^"]
COMPARISONS = ["==", "!=", ">", "<", ">=", "<="]


class Node:
    """A query or a part of one: its text, made of its children's; `whole` says that it is a query by itself."""

    def __init__(self, text, children=(), whole=True):
        self.text, self.children, self.whole = text, list(children), whole


def for_version_2(text):
    return text.replace("double_exponential_smoothing(", "holt_winters(")


class Grammar:
    def __init__(self, random, start, end):
        self.random, self.start, self.end = random, start, end

    def pick(self, *of):
        return self.random.choice(of)

    def chance(self, p):
        return self.random.random() < p

    def query(self):
        depth = self.random.choice([1, 1, 2, 2, 3, 3, 4])
        kind = self.random.random()
        if kind < 0.04:
            return self.scalar(depth)
        if kind < 0.08:
            return self.pick(self.sorted, self.absent)(depth)
        return self.vector(depth)

    # --- leaves

    def duration(self, least=1, most=400):
        seconds = self.random.randint(least, most)
        return self.pick(f"{seconds}s", f"{seconds}s", f"{max(1, seconds // 60)}m", f"{seconds // 60}m{seconds % 60}s")

    def number(self):
        return self.pick("0", "1", "2", "-1", "0.5", "1.5", "10", "100", "1e3", "-7.25", "3", "60", "Inf", "-Inf", "NaN", "0x10", "1e-3")

    def matchers(self):
        out = []
        for label in LABELS:
            if not self.chance(0.22):
                continue
            value = self.random.choice({"job": ["a", "b", ""], "inst": ["i0", "i1", "i2", "none"], "dev": ["d0", "d1", ""],
                                        "mode": ["user", "idle", ""]}[label])
            op = self.pick("=", "!=", "=~", "!~")
            if "~" in op:
                value = self.pick(value, value[:1] + ".*", "i[01]|a|d0", ".+", "u.*|b", "")
            out.append(f'{label}{op}"{value}"')
        return out

    def shift(self, plain=0.7, at=True):
        if self.chance(plain):
            return ""
        offset = "" if self.chance(0.3) else " offset " + self.pick("", "-") + self.duration(1, 200)
        at = "" if not at or self.chance(0.5) else self.pick(" @ start()", " @ end()", f" @ {self.random.randint(self.start, self.end)}.003")
        return self.pick(offset + at, at + offset)

    def selector_text(self, names):
        name = self.random.choice(names)
        inside = self.matchers()
        if self.chance(0.06):
            inside.insert(0, self.pick(f'__name__="{name}"', f'__name__=~"{name}|nothing"'))
            name = ""
        return name + ("{" + ",".join(inside) + "}" if inside or not name else "")

    def selector(self, names=None):
        return Node(self.selector_text(names or GAUGES + COUNTERS + ["h_bucket", "h_count", "nothing"]) + self.shift())

    def scalar(self, depth):
        kind = self.random.random()
        if depth <= 0 or kind < 0.5:
            return Node(self.number())
        if kind < 0.6:
            return Node(self.pick("time()", "pi()"))
        if kind < 0.8:
            inner = self.vector(depth - 1)
            return Node(f"scalar({inner.text})", [inner])
        a, b = self.scalar(depth - 1), self.scalar(depth - 1)
        if self.chance(0.3):
            return Node(f"({a.text} {self.random.choice(COMPARISONS)} bool {b.text})", [a, b])
        return Node(f"({a.text} {self.random.choice(ARITHMETIC)} {b.text})", [a, b])

    # --- ranges

    def range(self, depth, names=None, at=True):
        """A range vector; of one of the metrics where `names` are given; with @ where it may be."""
        if depth <= 0 or self.chance(0.75):
            return Node(f"{self.selector_text(names or GAUGES + COUNTERS)}[{self.duration()}]{self.shift(at=at)}", whole=False)
        inner = self.selector(names) if names else self.vector(depth - 1)
        step = "" if self.chance(0.15) else self.pick("1s", "5s", "7s", "10s", "30s", "1m")
        range_text = f"{self.random.randint(61, 300)}s1ms"
        text = inner.text
        if not re.fullmatch(r"[a-z_]+(\{[^}]*\})?", text):
            text = f"({text})"
        return Node(f"{text}[{range_text}:{step}]{self.shift(0.8, at)}", [inner], whole=False)

    # --- vectors

    def vector(self, depth):
        if depth <= 0:
            return self.selector()
        make = self.random.choices(
            [self.selector, self.over_time, self.rate, self.regression, self.math, self.clamp, self.date, self.label, self.aggregate,
             self.ranked, self.quantile, self.arithmetic, self.comparison, self.set_operation, self.with_scalar, self.histogram, self.unary,
             self.from_scalar, self.count_values, self.timestamp, self.modulo],
            [1, 4, 4, 1, 2, 1, 0.5, 1, 4, 1, 1, 3, 2, 2, 3, 1, 0.7, 0.5, 0.4, 0.5, 0.4])[0]
        return make(depth) if make != self.selector else self.selector()

    def over_time(self, depth):
        kind = self.random.random()
        over = self.range(depth - 1)
        if kind < 0.12:
            computed = self.chance(0.2)
            over = self.range(depth - 1, at=not computed)
            parameter = self.scalar(depth - 2) if computed else Node(self.pick("0", "0.1", "0.5", "0.9", "0.99", "1", "-1", "2", "NaN"))
            return Node(f"quantile_over_time({parameter.text}, {over.text})", [parameter, over])
        name = self.random.choice(OVER_TIME) + "_over_time" if kind < 0.9 else self.pick("changes", "resets")
        if name.startswith("std"):
            over = self.range(depth - 1, GAUGES)
        return Node(f"{name}({over.text})", [over])

    def rate(self, depth):
        # Version 3 extrapolates otherwise towards a counter's zero: these counters have none near.
        if self.chance(0.6):
            over = self.range(depth - 1, COUNTERS)
            return Node(f"{self.pick('rate', 'increase')}({over.text})", [over])
        over = self.range(depth - 1)
        return Node(f"{self.pick('delta', 'irate', 'idelta')}({over.text})", [over])

    def regression(self, depth):
        kind = self.random.random()
        over = self.range(depth - 1, at=kind >= 0.3)
        if kind >= 0.7:
            return Node(f"deriv({over.text})", [over])
        if kind < 0.3:
            return Node(f"predict_linear({over.text}, {self.pick('60', '3600', '-100', '0')})", [over])
        return Node(f"double_exponential_smoothing({over.text}, {self.pick('0.1', '0.5', '0.9')}, {self.pick('0.2', '0.7')})", [over])

    def math(self, depth):
        steep = self.chance(0.25)
        inner = self.selector() if steep else self.vector(depth - 1)
        name = self.random.choice(STEEP if steep else MATH)
        more = ", " + self.pick("0.1", "5", "10", "0.001") if name == "round" and self.chance(0.5) else ""
        return Node(f"{name}({inner.text}{more})", [inner])

    def clamp(self, depth):
        inner, a, b = self.vector(depth - 1), self.scalar(depth - 2), self.scalar(depth - 2)
        return self.pick(Node(f"clamp({inner.text}, {a.text}, {b.text})", [inner, a, b]), Node(f"clamp_min({inner.text}, {a.text})", [inner, a]),
                         Node(f"clamp_max({inner.text}, {b.text})", [inner, b]))

    def date(self, depth):
        if self.chance(0.2):
            return Node(f"{self.random.choice(DATES)}()")
        inner = self.selector(["g_load", "c_total"])
        return Node(f"{self.random.choice(DATES)}({inner.text} * {self.pick('1', '1000', '1e6')})", [inner])

    def timestamp(self, depth):
        inner = Node(self.selector_text(GAUGES + COUNTERS) + self.shift(at=False)) if self.chance(0.7) else self.unary(depth - 1)
        return Node(f"timestamp({inner.text})", [inner])

    def label(self, depth):
        inner = self.vector(depth - 1)
        to, source = self.random.choice(LABELS + ["new"]), self.random.choice(LABELS + ["__name__", "absent"])
        if self.chance(0.6):
            replacement = self.pick("$1", "x-$1", "${1}y", "", "const", "$2")
            pattern = self.pick("(.*)", "i(.)", "(u|d).*", "", "([a-z])([0-9])")
            return Node(f'label_replace({inner.text}, "{to}", "{replacement}", "{source}", "{pattern}")', [inner])
        more = "".join(f', "{l}"' for l in self.random.sample(LABELS, self.random.randint(0, 3)))
        return Node(f'label_join({inner.text}, "{to}", "{self.pick("-", "", ",")}"{more})', [inner])

    def grouping(self):
        if self.chance(0.25):
            return ""
        labels = self.random.sample(LABELS + ["__name__", "le", "absent"], self.random.randint(0, 3))
        return f" {self.pick('by', 'by', 'without')} ({', '.join(labels)})"

    def aggregate(self, depth):
        name = self.random.choice(AGGREGATES)
        # Deviations of large numbers from their mean depend on the order in which they are added up.
        inner, grouping = self.selector(GAUGES) if name.startswith("std") else self.vector(depth - 1), self.grouping()
        return Node(f"{name}{grouping} ({inner.text})" if self.chance(0.5) else f"{name}({inner.text}){grouping}", [inner])

    def ranked(self, depth):
        # Of equal values any may be taken: only gauges whose values are all different.
        inner = self.selector(["g_load", "g_temp"])
        return Node(f"{self.pick('topk', 'bottomk')}{self.grouping()} ({self.pick('1', '2', '3', '100', '0', '-1')}, {inner.text})", [inner])

    def quantile(self, depth):
        inner = self.vector(depth - 1)
        return Node(f"quantile{self.grouping()} ({self.pick('0', '0.25', '0.5', '0.99', '1', '-1', '1.5', 'NaN')}, {inner.text})", [inner])

    def count_values(self, depth):
        inner = self.selector(["g_part", "g_odd", "h_bucket"])
        return Node(f'count_values{self.grouping()} ("value", {inner.text})', [inner])

    def matching(self, set_operation=False):
        if self.chance(0.4):
            return ""
        labels = self.random.sample(LABELS, self.random.randint(0, 3))
        out = f" {self.pick('on', 'ignoring')} ({', '.join(labels)})"
        if not set_operation and self.chance(0.45):
            more = [l for l in self.random.sample(LABELS, self.random.randint(0, 1)) if l not in labels or " on" not in out]
            out += f" {self.pick('group_left', 'group_right')} ({', '.join(more)})"
        return out

    def operands(self, depth):
        """Two sides; often of like labels, so that something matches."""
        if self.chance(0.4):
            name = self.random.choice(GAUGES + COUNTERS)
            a, b = self.selector([name]), self.selector([name] if self.chance(0.5) else None)
            if self.chance(0.5):
                by = f" by ({', '.join(self.random.sample(LABELS, 2))})"
                a, b = (Node(f"{self.pick('sum', 'max', 'avg')}{by} ({n.text})", [n]) for n in (a, b))
            return a, b
        return self.vector(depth - 1), self.vector(depth - 1)

    def binary(self, depth, op, set_operation=False):
        a, b = self.operands(depth)
        return Node(f"({a.text}) {op}{self.matching(set_operation)} ({b.text})", [a, b])

    def arithmetic(self, depth):
        return self.binary(depth, self.random.choice(ARITHMETIC))

    def modulo(self, depth):
        """Of samples as they are: the last digit of a computed one decides between nothing and nearly everything."""
        name = self.random.choice(GAUGES + COUNTERS)
        a, b = self.selector([name]), Node(self.pick("7", "0.5", "-3", "time()")) if self.chance(0.7) else self.selector([name])
        return Node(f"({a.text}) % ({b.text})", [a, b])

    def comparison(self, depth):
        return self.binary(depth, self.random.choice(COMPARISONS) + self.pick("", " bool"))

    def set_operation(self, depth):
        return self.binary(depth, self.pick("and", "or", "unless"), True)

    def with_scalar(self, depth):
        v, s = self.vector(depth - 1), self.scalar(depth - 1)
        op = self.random.choice(ARITHMETIC) if self.chance(0.6) else self.random.choice(COMPARISONS) + self.pick("", " bool")
        return Node(f"({v.text}) {op} {s.text}" if self.chance(0.7) else f"{s.text} {op} ({v.text})", [v, s])

    def histogram(self, depth):
        inner = self.pick(Node("h_bucket"), Node(f"rate(h_bucket[{self.duration(30, 300)}])"), Node("sum by (le, job) (h_bucket)"),
                          Node(f"sum by (le) (increase(h_bucket[{self.duration(30, 300)}]))"), Node("g_load"), Node('h_bucket{le!="+Inf"}'))
        return Node(f"histogram_quantile({self.pick('0', '0.1', '0.5', '0.9', '0.99', '1', '-1', '2', 'NaN')}, {inner.text})", [inner])

    def unary(self, depth):
        inner = self.vector(depth - 1)
        return Node(f"{self.pick('-', '-', '+')}({inner.text})", [inner])

    def from_scalar(self, depth):
        inner = self.scalar(depth - 1)
        return Node(f"vector({inner.text})", [inner])

    def sorted(self, depth):
        inner = self.vector(depth - 1)
        return Node(f"{self.pick('sort', 'sort_desc')}({inner.text})", [inner])

    def absent(self, depth):
        if self.chance(0.5):
            inner = self.vector(depth - 1)
            return Node(f"absent({inner.text})", [inner])
        over = self.range(depth - 1, self.pick(None, ["nothing"]))
        return Node(f"absent_over_time({over.text})", [over])

"""GPU and InfiniBand series made from measured statistics (gpu_metric_profile.csv), the same for the same seed.

The profile gives, a metric, quantiles of the values and of their changes from one second to the next, the decimals, and how often
nothing changes. A series idles at its least value or walks above it: its changes are drawn from the quantiles of changes and taken with
the odds that lead to the quantiles of values (Metropolis). Energy and packets follow from power and bytes, as they do in the
devices; the InfiniBand ports of a node move together, as collectives make them.

What comes out has the profile's share of unchanged seconds within some points, its medians and tails mostly within a factor of 2; the
peers beside it see the same series. It does not show what a real trace shows: how metrics of one GPU move together.
"""
import bisect
import csv

V_AT = [("v_min", 0.0), ("v_p01", 0.01), ("v_p25", 0.25), ("v_p50", 0.5), ("v_p75", 0.75), ("v_p99", 0.99), ("v_max", 1.0)]
D_AT = [("d_p01", 0.01), ("d_p10", 0.1), ("d_p25", 0.25), ("d_p50", 0.5), ("d_p75", 0.75), ("d_p90", 0.9), ("d_p99", 0.99)]
TRIES = 12
AFRESH = 0.02  # of a busy device's changes: to anywhere, as when a phase of the work ends
BYTES_PER_PACKET = 3935  # of the profile's InfiniBand quantiles


def read_profile(path, trace):
    with open(path, newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["source_trace"] == trace]
    return {r["metric"]: {k: r[k] if k in ("source_trace", "metric", "lag1_autocorr") else float(r[k]) for k in r} for r in rows}


class Walk:
    """One series of a metric, in units of its last decimal: idle at its least value, or busy and walking above it."""

    def __init__(self, row, random):
        self.random = random
        scale = 10 ** int(row["decimals"])
        self.values = [round(row[name] * scale) for name, _ in V_AT]
        self.at = [at for _, at in V_AT]
        self.changes = [(at, row[name] * scale) for name, at in D_AT]
        self.constant = self.values[0] == self.values[-1]
        if not self.constant:
            self.split(row["share_unchanged"])
        self.now = self.values[0] if self.constant or random.random() < self.idle else self.draw()

    def split(self, unchanged):
        """How much of the time is idle, and the odds that lead to it: seconds without change are idle ones first."""
        last = max(i for i, v in enumerate(self.values) if v == self.values[0])
        self.idle = min(max(self.at[last], 1.1 * unchanged), self.at[last + 1]) if last > 0 else 0.0
        busy = 1 - self.idle
        self.hold_busy = max(0.0, (unchanged - self.idle) / busy)
        self.hold_idle = min(0.98, (unchanged - busy * self.hold_busy) / self.idle) if self.idle else 0.0
        self.fall_idle = min(1.0, self.idle * (1 - self.hold_idle) / (busy * (1 - self.hold_busy)))

    def draw(self):
        """A busy value."""
        u = self.idle + self.random.random() * (1 - self.idle)
        i = min(max(bisect.bisect_right(self.at, u), 1), len(self.at) - 1)
        share = (u - self.at[i - 1]) / (self.at[i] - self.at[i - 1])
        low, high = self.values[i - 1], self.values[i]
        return max(round(low + share * (high - low)), self.values[0] + 1)

    def density(self, v):
        """How likely a value is, but for a factor; 0 outside the range."""
        total = 0.0
        for i in range(1, len(self.values)):
            low, high = self.values[i - 1], self.values[i]
            if low <= v <= high:
                total += (self.at[i] - self.at[i - 1]) / (high - low + 1)
        return total

    def change(self):
        u = min(max(self.random.random(), 0.01), 0.99)
        for (a, low), (b, high) in zip(self.changes, self.changes[1:]):
            if u > b:
                continue
            share = (u - a) / (b - a)
            if low * high > 0:  # out in the tails changes are spread over magnitudes
                return round(low * (high / low) ** share)
            return round(low + share * (high - low))
        return 0

    def step(self):
        least = self.values[0]
        is_idle = self.now == least and not self.constant and self.idle > 0
        if self.constant or self.random.random() < (self.hold_idle if is_idle else self.hold_busy):
            return self.now
        if is_idle:
            self.now = self.draw()
        elif self.random.random() < self.fall_idle:
            self.now = least
        else:
            self.now = self.move()
        return self.now

    def move(self):
        if self.random.random() >= AFRESH:
            for _ in range(TRIES):
                there = self.now + self.change()
                if there != self.now and there > self.values[0] - (self.idle == 0) and \
                        self.random.random() * self.density(self.now) <= self.density(there):
                    return there
        return self.draw()


def text(units, decimals):
    if decimals == 0:
        return str(units)
    digits = f"{abs(units):0{decimals + 1}d}"
    return f"{'-' if units < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def gpu_columns(profile_path, rows, random, gpus=8):
    """{series: [cell, ...]}: the metrics of the profile, each for every GPU."""
    profile = read_profile(profile_path, "h100x8_mixed_1hz")
    columns = {}
    for metric, row in profile.items():
        for gpu in range(gpus):
            if metric == "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION":
                cells = None  # from the power, below
            else:
                walk = Walk(row, random)
                cells = [text(walk.step(), int(row["decimals"])) for _ in range(rows)]
            columns[f'{metric}{{gpu="{gpu}"}}'] = cells
    for gpu in range(gpus):
        joules = Walk(profile["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"], random).now
        cells = []
        for watts in columns[f'DCGM_FI_DEV_POWER_USAGE{{gpu="{gpu}"}}']:
            joules += max(1, round(float(watts) * 1000 * random.gauss(1, 0.02)))  # mJ; the power read is not the second's average
            cells.append(str(joules))
        columns[f'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{gpu="{gpu}"}}'] = cells
    return columns


def infiniband_columns(profile_path, rows, random, ports=8):
    profile = read_profile(profile_path, "ib8_ndr400_1hz")
    node = Walk(profile["node_infiniband_port_receive_bytes_per_second"], random)
    columns, totals = {}, {"rx": [0] * rows, "tx": [0] * rows}
    traffic = [node.step() for _ in range(rows)]
    for port in range(ports):
        for way, total in (("receive", "rx"), ("transmit", "tx")):
            sizes, packets = [], []
            for i, common in enumerate(traffic):
                if i > 0 and common == traffic[i - 1]:  # idle, or the exporter has not counted anew
                    size, count = sizes[-1], packets[-1]
                else:
                    size = max(0, round(common * random.gauss(1, 0.01)))
                    count = round(size / BYTES_PER_PACKET * random.gauss(1, 0.002))
                sizes.append(size)
                packets.append(count)
                totals[total][i] += size
            labels = f'{{device="mlx5_{port}",port="1"}}'
            columns[f"node_infiniband_port_{way}_bytes_per_second{labels}"] = [str(v) for v in sizes]
            columns[f"node_infiniband_port_{way}_pkts_per_second{labels}"] = [str(v) for v in packets]
    for total, values in totals.items():
        columns[f"node_infiniband_total_{total}_bytes_s"] = [str(v) for v in values]
    return columns

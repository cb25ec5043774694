"""A remote write receiver of the tests' own: versions 1.0 and 2.0, read by the specification's field numbers, with faults on demand.

Read with wire.py, by nobody who wrote it: a mistake in the agent's own writing does not find the same mistake in its reader.
"""
import http.server
import random
import socket
import struct
import threading
import time

from wire import STALE_BITS, fields, read_varint, signed, snappy_unpack

V2_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request"


def sample(message):
    """(time, bits of the value, start)"""
    t = start = bits = 0
    for number, value in fields(message):
        if number == 1:
            bits = struct.unpack("<Q", value)[0]
        elif number == 2:
            t = signed(value)
        elif number == 3:
            start = signed(value)
    return t, bits, start


def read_v1(message):
    """[(labels, [(time, bits, start)], None)]; metadata is left out."""
    for number, value in fields(message):
        if number == 3:
            continue
        assert number == 1, f"field {number} in a request of version 1"
        labels, samples = [], []
        for inner, part in fields(value):
            if inner == 1:
                label = dict(fields(part))
                labels.append((label[1].decode(), label[2].decode()))
            elif inner == 2:
                samples.append(sample(part))
        yield labels, samples, None


def read_v2(message):
    symbols, series = [], []
    for number, value in fields(message):
        if number == 4:
            symbols.append(value.decode())
        else:
            assert number == 5, f"field {number} in a request of version 2"
            series.append(value)
    assert symbols[0] == "", "the first symbol is not the empty text"
    assert len(set(symbols)) == len(symbols), "a symbol stands there twice"
    for value in series:
        refs, samples, about = [], [], {}
        for inner, part in fields(value):
            if inner == 1:
                at = 0
                while at < len(part):
                    ref, at = read_varint(part, at)
                    refs.append(ref)
            elif inner == 2:
                samples.append(sample(part))
            elif inner == 5:
                about = dict(fields(part))
        labels = [(symbols[refs[i]], symbols[refs[i + 1]]) for i in range(0, len(refs), 2)]
        yield labels, samples, (about.get(1, 0), symbols[about.get(3, 0)], symbols[about.get(4, 0)])


class Receiver:
    """Takes samples into `series`: {sorted labels: {time: bits}}. What breaks the protocol is in `complaints`."""

    FAULTS = "500", "503", "429", "hang", "reset", "taken_then_500", "taken_then_reset"

    def __init__(self, versions=(1, 2), seed=1):
        self.versions, self.random = versions, random.Random(seed)
        self.series, self.about, self.complaints = {}, {}, []
        self.requests = self.taken = 0
        self.by_version = {1: 0, 2: 0}
        self.fault_share = 0.0
        self.faults = self.FAULTS
        self.seen_faults = {}
        self.next_faults = []  # in turn, each round in another order: all come, however few requests there are
        self.down = False
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_POST(self):
                receiver.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v1/write"

    def complain(self, text):
        if len(self.complaints) < 20:
            self.complaints.append(text)

    def answer(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self.lock:
            self.requests += 1
            fault = self.next_fault() if self.random.random() < self.fault_share else None
            if self.down:
                fault = "reset"
            if fault:
                self.seen_faults[fault] = self.seen_faults.get(fault, 0) + 1
        if fault == "hang":
            time.sleep(3)
        if fault in ("hang", "reset"):
            return self.cut(request)
        if fault and not fault.startswith("taken"):
            return self.reply(request, int(fault), {"Retry-After": "1"} if fault in ("429", "503") else {})
        try:
            status, headers = self.take(request.headers, body)
        except (AssertionError, IndexError, KeyError, ValueError, struct.error) as e:
            self.complain(f"cannot read a request of {len(body)} bytes: {e!r}")
            status, headers = 400, {}
        if fault == "taken_then_reset":
            return self.cut(request)
        self.reply(request, 500 if fault else status, headers)

    def next_fault(self):
        if not self.next_faults:
            self.next_faults = self.random.sample(self.faults, len(self.faults))
        return self.next_faults.pop()

    def cut(self, request):
        request.close_connection = True
        request.connection.shutdown(socket.SHUT_RDWR)

    def reply(self, request, status, headers):
        text = b"" if status == 204 else f"the test says {status}\n".encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if status != 204:
            request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def take(self, headers, body):
        version = 2 if headers["X-Prometheus-Remote-Write-Version"] == "2.0.0" else 1
        wanted = V2_TYPE if version == 2 else "application/x-protobuf"
        for name, value in {"Content-Type": wanted, "Content-Encoding": "snappy",
                            "X-Prometheus-Remote-Write-Version": "2.0.0" if version == 2 else "0.1.0"}.items():
            if headers[name] != value:
                self.complain(f"{name} is {headers[name]!r}, not {value!r}")
        if not headers["User-Agent"].startswith("tacho/"):
            self.complain(f"User-Agent is {headers['User-Agent']!r}")
        if version not in self.versions:
            return 204, {}  # as receivers of version 1 do: nothing is stored, and they are content
        message = snappy_unpack(body)
        written = 0
        with self.lock:
            self.by_version[version] += 1
            for labels, samples, about in (read_v2 if version == 2 else read_v1)(message):
                self.take_series(labels, samples, about)
                written += len(samples)
            self.taken += written
        return 204, {"X-Prometheus-Remote-Write-Samples-Written": str(written)} if version == 2 else {}

    def take_series(self, labels, samples, about):
        names = [name for name, _ in labels]
        if names != sorted(set(names)):
            self.complain(f"labels are not sorted, or one stands there twice: {names}")
        if any(not name or not value for name, value in labels):
            self.complain(f"an empty label in {labels}")
        key = tuple(labels)
        held = self.series.setdefault(key, {})
        for t, bits, _ in samples:
            if held and t < max(held):
                self.complain(f"{key} goes back in time to {t}")
            if held.get(t, bits) != bits:
                self.complain(f"{key} at {t} has another value than before")
            held[t] = bits
        if about:
            self.about[key] = about

    def samples(self, stale):
        """{series key: {ms: value}}, markers as `stale`."""
        with self.lock:
            return {key: {t: stale if bits == STALE_BITS else struct.unpack("<d", struct.pack("<Q", bits))[0]
                          for t, bits in held.items()} for key, held in self.series.items()}

"""The bytes that Prometheus's remote protocols are made of, by hand: protobuf fields, snappy blocks, remote write 1.0.

Python's standard library only, and no code of tacho's: what is read here is read by somebody else than who wrote it.
"""
import struct
import urllib.request

STALE_BITS = 0x7FF0000000000002
NAN_BITS = 0x7FF8000000000001


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def read_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 0x7F) << shift
        if byte < 0x80:
            return n, at
        shift += 7


def field(number, payload):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def number_field(number, value):
    return varint(number << 3) + varint(value)


def fields(message):
    """[(number, value)] of a message: ints of varints, bytes of fixed and length-delimited fields."""
    out, at = [], 0
    while at < len(message):
        tag, at = read_varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(message, at)
        else:
            size = 8
            if kind == 2:
                size, at = read_varint(message, at)
            elif kind != 1:
                raise ValueError(f"wire type {kind} at byte {at}")
            value, at = message[at:at + size], at + size
            if len(value) != size:
                raise ValueError(f"a field of {size} bytes is cut short at byte {at}")
        out.append((tag >> 3, value))
    return out


def signed(n):
    return n - (1 << 64) if n >= 1 << 63 else n


def label_field(number, name, value):
    return field(number, field(1, name.encode()) + field(2, value.encode()))


def read_labels(messages):
    out = {}
    for message in messages:
        parts = dict(fields(message))
        out[parts[1].decode()] = parts.get(2, b"").decode()
    return out


def snappy_literals(data):
    """A snappy block that stores its bytes as they are."""
    out = bytearray(varint(len(data)))
    for i in range(0, len(data), 65536):
        piece = data[i:i + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def snappy_unpack(block):
    size, at = read_varint(block, 0)
    out = bytearray()
    while at < len(block):
        tag = block[at]
        at += 1
        if tag & 3 == 0:
            length = (tag >> 2) + 1
            if length > 60:
                more = length - 60
                length = int.from_bytes(block[at:at + more], "little") + 1
                at += more
            out += block[at:at + length]
            at += length
            continue
        if tag & 3 == 1:
            length, offset, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | block[at], at + 1
        else:
            width = 2 if tag & 3 == 2 else 4
            length, offset, at = (tag >> 2) + 1, int.from_bytes(block[at:at + width], "little"), at + width
        if not 0 < offset <= len(out):
            raise ValueError(f"a copy from {offset} bytes back, {len(out)} are there")
        for _ in range(length):
            out.append(out[-offset])
    if len(out) != size:
        raise ValueError(f"a snappy block of {size} bytes unpacks to {len(out)}")
    return bytes(out)


def post_snappy(url, message, headers=None, timeout=120):
    """Posts a protobuf message; (status, headers, body) of a good answer."""
    request = urllib.request.Request(url, data=snappy_literals(message), method="POST", headers={
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "User-Agent": "tacho-e2e/1", **(headers or {})})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.status, answer.headers, answer.read()


def remote_write(base, series, samples_max=20_000):
    """series: [(labels, [(ms, bits of the double)])], each in order of time; all begin within an hour."""
    def send(batch):
        post_snappy(base + "/api/v1/write", b"".join(batch), {"X-Prometheus-Remote-Write-Version": "0.1.0"})

    batch, held = [], 0
    for labels, samples in series:
        for i in range(0, len(samples), samples_max):
            part = samples[i:i + samples_max]
            message = b"".join(label_field(1, k, labels[k]) for k in sorted(labels))
            message += b"".join(field(2, b"\x09" + struct.pack("<Q", bits) + number_field(2, t)) for t, bits in part)
            batch.append(field(1, message))
            held += len(part)
            if held >= samples_max:
                send(batch)
                batch, held = [], 0
    if batch:
        send(batch)


# --- remote read

EQUAL, NOT_EQUAL, REGEX, NOT_REGEX = range(4)
SAMPLES, STREAMED = range(2)


def read_request(start, end, matchers, accept=()):
    """One query; matchers: [(operator, label, value)]."""
    query = number_field(1, start) + number_field(2, end)
    for operator, label, value in matchers:
        query += field(3, number_field(1, operator) + field(2, label.encode()) + field(3, value.encode()))
    return field(1, query) + (field(2, bytes(accept)) if accept else b"")


def remote_read(base, *arguments):
    _, headers, body = post_snappy(base + "/api/v1/read", read_request(*arguments), {"X-Prometheus-Remote-Read-Version": "0.1.0"})
    return headers["Content-Type"], body


def read_samples_answer(body):
    """[(labels, [(ms, bits)])] of the first query of a SAMPLES answer."""
    results = [v for n, v in fields(snappy_unpack(body)) if n == 1]
    out = []
    for _, series in fields(results[0]):
        parts = fields(series)
        samples = []
        for n, sample in parts:
            if n == 2:
                of_it = dict(fields(sample))
                samples.append((signed(of_it.get(2, 0)), struct.unpack("<Q", of_it.get(1, bytes(8)))[0]))
        out.append((read_labels(v for n, v in parts if n == 1), samples))
    return out


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def read_streamed_answer(body):
    """[(labels, [chunk's bytes])] in the order of the frames; frames that go on with a series are joined."""
    out, at = [], 0
    while at < len(body):
        size, at = read_varint(body, at)
        crc, message = int.from_bytes(body[at:at + 4], "big"), body[at + 4:at + 4 + size]
        if len(message) != size or crc32c(message) != crc:
            raise ValueError(f"the frame at byte {at} is cut short or its CRC-32C is wrong")
        at += 4 + size
        for number, series in fields(message):
            if number != 1:
                continue
            parts = fields(series)
            labels = read_labels(v for n, v in parts if n == 1)
            chunks = []
            for n, chunk in parts:
                if n != 2:
                    continue
                of_it = dict(fields(chunk))
                samples = xor_samples(of_it[4])
                if of_it[3] != 1 or (signed(of_it[1]), signed(of_it[2])) != (samples[0][0], samples[-1][0]):
                    raise ValueError(f"a chunk of {labels} says {of_it[1]} to {of_it[2]} and has {samples[0][0]} to {samples[-1][0]}")
                chunks.append(of_it[4])
            if out and out[-1][0] == labels:
                out[-1][1].extend(chunks)
            else:
                out.append((labels, chunks))
    return out


def xor_samples(chunk):
    """[(ms, bits)] of an XOR chunk, after Prometheus's description of the format."""
    bits = int.from_bytes(chunk, "big")
    left = len(chunk) * 8

    def take(n):
        nonlocal left
        left -= n
        if left < 0:
            raise ValueError("an XOR chunk ends early")
        return bits >> left & ((1 << n) - 1)

    def take_varint():
        n = shift = 0
        while True:
            byte = take(8)
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n

    count, out = take(16), []
    t = distance = value = leading = length = 0
    for i in range(count):
        if i == 0:
            first = take_varint()
            t, value = first >> 1 ^ -(first & 1), take(64)
        else:
            if i == 1:
                distance = take_varint()
            elif take(1):
                width = next((w for w in (14, 17, 20) if not take(1)), 64)
                change = take(width)
                distance += change - (1 << width) if change > 1 << (width - 1) else change
            t += distance
            if take(1):
                if take(1):
                    leading, length = take(5), take(6) or 64
                value ^= take(length) << (64 - leading - length)
        out.append((t, value))
    return out

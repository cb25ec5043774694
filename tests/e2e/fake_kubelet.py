"""A kubelet of the tests' own: its pod-resources API by real gRPC (grpcio), its /pods over HTTP or HTTPS, and the API server's list.

What it knows is a dictionary, changed while it runs; what goes wrong is `trouble`. Messages are written by the field numbers, by hand:
a mistake in the agent's reader does not find the same mistake here.

As a program, for tests in C++: fake_kubelet.py SOCKET serves what SOCKET.say says (JSON, read again at each call; see Kubelet), until its
standard input ends.
"""
import concurrent.futures
import http.server
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse

import grpc

LIST = "/v1.PodResourcesLister/List"


def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    """A text, a message or a number, as protobuf writes it."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def topology(node):
    return field(1, field(1, node))


def devices(resource, ids, node=None):
    out = field(1, resource) + b"".join(field(2, i) for i in ids)
    return out + (field(3, topology(node)) if node is not None else b"")


def dynamic(claim):
    """{"claim", "driver", "pool", "device", "cdi": [...]}"""
    resource = b"".join(field(1, field(1, name)) for name in claim.get("cdi", []))
    resource += field(2, claim["driver"]) + field(3, claim["pool"]) + field(4, claim["device"])
    return field(2, claim["claim"]) + field(3, claim.get("namespace", "default")) + field(4, resource)


def container(c):
    """{"name", "devices": {resource: [ids]}, "numa": {resource: [[ids of node 0], [ids of node 1]]}, "claims": [...]}"""
    out = field(1, c["name"])
    for resource, ids in c.get("devices", {}).items():
        out += field(2, devices(resource, ids))
    for resource, nodes in c.get("numa", {}).items():
        for node, ids in enumerate(nodes):
            out += field(2, devices(resource, ids, node))
    out += field(3, bytes([0, 1, 2, 3]))  # cpu_ids, packed
    out += field(4, field(1, "memory") + field(2, 1 << 30) + field(3, topology(0)))
    for claim in c.get("claims", []):
        out += field(5, dynamic(claim))
    return out + field(99, "of a kubelet to come") + field(98, 7)


def listing(pods):
    """[{"name", "namespace", "containers": [...]}]"""
    out = b""
    for pod in pods:
        message = field(1, pod["name"]) + field(2, pod["namespace"])
        message += b"".join(field(3, container(c)) for c in pod["containers"])
        out += field(1, message + field(4, b"\x00\x01"))
    return out


class Kubelet:
    """say: {"list": [pods for listing()], "trouble": "" | "exhausted" | "denied" | "slow" | "huge" | "garbage" | "unimplemented"}"""

    def __init__(self, socket, say=None):
        self.socket, self.say, self.calls = socket, say or {}, []
        self.server = None
        self.start()

    def start(self):
        """Also again: the socket is made anew, as a kubelet that restarts makes it."""
        self.stop()
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
        handler = grpc.unary_unary_rpc_method_handler(self.list, lambda b: b, lambda b: b)
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("v1.PodResourcesLister", {"List": handler}),))
        self.server.add_insecure_port("unix:" + self.socket)
        self.server.start()

    def stop(self):
        if self.server:
            self.server.stop(0).wait()
            self.server = None

    def said(self):
        return self.say() if callable(self.say) else self.say

    def list(self, request, context):
        assert request == b"", request
        say = self.said()
        self.calls.append(time.time())
        trouble = say.get("trouble", "")
        if trouble == "exhausted":
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "rejected by rate limit: 100% of 10")
        if trouble == "denied":
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not for you\nor anybody")
        if trouble == "unimplemented":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "unknown service")
        if trouble == "slow":
            time.sleep(say.get("seconds", 3))
        if trouble == "huge":
            return field(99, b"x" * (17 << 20))
        if trouble == "garbage":
            return b"\x0a\xff\xff\xff\xff\x0f cut"
        return listing(say.get("list", []))


class Pods:
    """/pods, and the API server's list in parts: `say` is a list of v1.Pod. Wants the bearer token, where there is one."""

    def __init__(self, say, token="", certificate=None, part=2):
        self.say, self.token, self.part = say, token, part
        self.requests, self.trouble = [], ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        self.requests.append(request.path)
        if self.trouble:
            return self.reply(request, int(self.trouble), {"kind": "Status"})
        if self.token and request.headers.get("Authorization") != "Bearer " + self.token:
            return self.reply(request, 401, {"kind": "Status"})
        pods = self.say() if callable(self.say) else self.say
        if url.path == "/pods":
            return self.reply(request, 200, {"kind": "PodList", "metadata": {}, "items": pods or None})
        if url.path != "/api/v1/pods" or not query.get("fieldSelector", "").startswith("spec.nodeName="):
            return self.reply(request, 404, {"kind": "Status"})
        at = int(query.get("continue", "at-0")[3:])
        part = pods[at:at + self.part]
        more = {"continue": f"at-{at + self.part}"} if at + self.part < len(pods) else {}
        self.reply(request, 200, {"kind": "PodList", "metadata": more, "items": part})

    def reply(self, request, status, body):
        text = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)


def main():
    socket = sys.argv[1]

    def say():
        try:
            with open(socket + ".say") as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    kubelet = Kubelet(socket, say)
    print("ready", flush=True)
    sys.stdin.read()
    kubelet.stop()


if __name__ == "__main__":
    main()

"""The part of a client of RFC 6455 that tests need: the handshake, sending masked frames, receiving whole frames."""

import base64
import os
import struct

from . import irc

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Frames:
    """One IRC line per frame, without CR LF."""

    def __init__(self, sock, opcode, early):
        self.sock, self.opcode, self.buffer = sock, opcode, early

    def encode(self, text):
        return self.frame(self.opcode, text.encode())

    @staticmethod
    def frame(opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))

    def decode(self, data):
        self.buffer += data
        lines = []
        while (cut := self.cut()) is not None:
            opcode, payload = cut
            if opcode in (TEXT, BINARY):
                lines.append(payload.decode("utf-8", "replace").rstrip("\r\n"))
            elif opcode == PING:
                self.sock.sendall(self.frame(PONG, payload))
        return [line for line in lines if line]

    def cut(self):
        """Removes one whole frame from the buffer and returns it, or None."""
        if len(self.buffer) < 2:
            return None
        size, start = self.buffer[1] & 0x7F, 2
        if size >= 126:
            width, form = (2, "!H") if size == 126 else (8, "!Q")
            if len(self.buffer) < 2 + width:
                return None
            size, start = struct.unpack_from(form, self.buffer, 2)[0], 2 + width
        if len(self.buffer) < start + size:
            return None
        opcode, payload = self.buffer[0] & 0x0F, self.buffer[start:start + size]
        self.buffer = self.buffer[start + size:]
        return opcode, payload


def client(port, protocol="text.ircv3.net", ca=None, forwarded_for=None):
    """Returns a client on a WebSocket listener; over TLS if `ca` is given. `forwarded_for` is a header that a proxy would send."""
    sock = irc.connect(port, ca=ca)
    forwarded = f"X-Forwarded-For: {forwarded_for}\r\n" if forwarded_for else ""
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall((f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Origin: http://127.0.0.1\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                  f"{forwarded}Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = sock.recv(4096)
        if not data:
            break
        answer += data
    head, _, early = answer.partition(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0] or protocol.encode() not in head:
        raise AssertionError(f"no upgrade to {protocol}: {head.decode('latin-1')!r}")
    opcode = BINARY if protocol.startswith("binary") else TEXT
    return irc.Client(sock, Frames(sock, opcode, early))

"""Input that no client should send, on every kind of listener, while two other clients talk."""

import random
import struct

from support import irc, websocket

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2
REGISTER = b"NICK culprit\r\nUSER c 0 * :c\r\n"
GROWTH_MAX_MB = 64

BYTES = {
    "binary noise": random.Random(1).randbytes(200_000),
    "binary noise in lines": b"\r\n".join(random.Random(n).randbytes(60) for n in range(2000)),
    "a line of 2 MB": b"PRIVMSG #a :" + b"x" * (2 << 20) + b"\r\n",
    "tags of 20 KB": b"@" + b"a=b;" * 5000 + b" PING x\r\n",
    "NULs": b"\0" * 10_000 + b"\r\n" + b"NI\0CK x\0y\r\n",
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: lost\r\n\r\n",
    "an HTTP POST with commands": b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + REGISTER,
    "a TLS hello": HELLO,
    "10,000 empty lines": b"\r\n" * 10_000,
    "only carriage returns": b"\r" * 10_000,
    "invalid UTF-8 everywhere": REGISTER + b"PRIVMSG #\xff\xfe :\xc3\x28\r\nNICK \xf0\x9f\r\nJOIN #\xed\xa0\x80\r\nQUIT :\xff\r\n",
    "20,000 parameters": REGISTER + b"MODE " + b"a " * 250 + b"\r\n" + b"JOIN " + b"#," * 240 + b"\r\n" + b"PRIVMSG " + b"a," * 240 + b" :x\r\n",
    "colons, blanks and at-signs": b":\r\n@\r\n: \r\n@ \r\n@ :\r\n@;;;= : x\r\n:::\r\n   \r\n : :\r\n",
    "an unexpected PROXY header": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + REGISTER,
}
FRAMES = {
    "a frame that claims 2^62 bytes": b"\x81\xff" + struct.pack("!Q", 1 << 62) + b"mask" + b"x" * 1000,
    "an unmasked frame": b"\x81\x05hello",
    "reserved bits and opcodes": bytes([0xF3, 0x85]) + b"mask" + b"12345",
    "a fragmented ping": bytes([0x09, 0x80]) + b"mask",
    "a text frame that is not UTF-8": websocket.Frames.frame(websocket.TEXT, b"\xff\xfe\xfd"),
    "a frame of 1 MB": websocket.Frames.frame(websocket.TEXT, b"x" * (1 << 20)),
    "lines inside a frame": websocket.Frames.frame(websocket.TEXT, REGISTER * 10),
    "NULs in a frame": websocket.Frames.frame(websocket.BINARY, b"NICK a\0b\r\n\0\0\0"),
}


def throw(client, data):
    """Sends as much as the server accepts, and returns its answer, if any, within a moment."""
    try:
        client.sock.sendall(data)
        while client.read(0.2):
            pass
    except OSError:
        pass
    text = "\n".join(map(str, client.seen))
    client.close()
    return text


def check_garbage(checks, server):
    talker = irc.plain(server.plain).register("calm").join("#calm")
    listener = irc.tls(server.tls, server.cert).register("calmer").join("#calm")
    before_mb = server.memory_mb()

    def undisturbed(name):
        talker.send(f"PRIVMSG #calm :after {name}")
        heard = listener.find(lambda m: m.verb == "PRIVMSG" and m.params[-1] == f"after {name}", 1)
        return checks.check(f"garbage: {name}: others are not affected", heard and server.running(), server.tail())

    doors = {
        "plain": lambda: irc.plain(server.plain), "in place of TLS": lambda: irc.plain(server.tls),
        "in TLS": lambda: irc.tls(server.tls, server.cert), "in place of an upgrade": lambda: irc.plain(server.ws),
    }
    for name, data in BYTES.items():
        for door, enter in doors.items():
            answer = throw(enter(), data)
            if name == "an HTTP request" and door == "plain":
                checks.check("garbage: the answer to an HTTP request says that HTTP is not supported", "HTTP" in answer, answer)
        if not undisturbed(name):
            return
    for name, data in FRAMES.items():
        throw(websocket.client(server.ws), data)
        throw(websocket.client(server.wss, "binary.ircv3.net", server.cert), data)
        if not undisturbed(name):
            return
    growth_mb = server.memory_mb() - before_mb
    checks.check(f"garbage: memory is stable ({growth_mb:.1f} MB more)", growth_mb < GROWTH_MAX_MB)
    checks.check("garbage: no panic in the log", "panicked" not in server.log_text(), server.tail())

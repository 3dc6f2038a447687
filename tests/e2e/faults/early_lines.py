"""A client whose first lines arrive in the same packet as the end of its TLS handshake, with nothing after them.

TLS 1.3 allows this, and clients do it unknowingly. A server that waits for the socket to become readable after the
handshake never sees these lines.
"""

import ssl

from support import irc


def register_in_handshake(server):
    """Registers in the handshake's last packet; returns everything up to the welcome, or what arrived within 3 s."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = irc.tls_context(server.cert).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with irc.connect(server.tls) as sock:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(65536))
        tls.write(b"NICK hurry\r\nUSER hurry 0 * :h\r\n")
        sock.settimeout(3)
        sock.sendall(outgoing.read())
        said = b""
        try:
            while b" 001 " not in said and (data := sock.recv(65536)):
                incoming.write(data)
                try:
                    said += tls.read(65536)
                except ssl.SSLWantReadError:
                    pass
        except TimeoutError:
            pass
        return said


def first_lines_with_the_handshake(checks, server):
    said = register_in_handshake(server)
    checks.check("TLS: lines that arrive with the end of the handshake are answered", b" 001 hurry " in said, said)

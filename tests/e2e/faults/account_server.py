"""A server with stored accounts, and clients that log in."""

import base64

from support import irc, ircd

ACCOUNTS = """\
    authentication-enabled: true
    registration: {enabled: true, bcrypt-cost: 4, throttling: {enabled: false}}
    login-throttling: {enabled: false}
    nick-reservation: {enabled: true, method: strict}
    multiclient: {enabled: true, allowed-by-default: true, always-on: opt-in}
"""
CHANNELS = "channels: {max-channels-per-client: 10000, registration: {enabled: true, max-channels-per-account: 10000}}"


class Server(ircd.Server):
    """`ircd` with accounts, registered channels and always-on users."""

    def __init__(self, binary, directory, datastore=None, history="", datastore_keys=""):
        super().__init__(binary, directory, other_keys=f"{CHANNELS}\n{history}", account_keys=ACCOUNTS, datastore=datastore,
                         datastore_keys=datastore_keys)
        self.make_certs()

    def kill(self):
        self.process.kill()
        self.process.wait()


def log_in(port, nick, password):
    """Returns a client that logged in with SASL PLAIN, or None if the password was rejected."""
    client = irc.plain(port)
    client.send("CAP REQ :sasl", f"USER {nick} 0 * :{nick}", "AUTHENTICATE PLAIN")
    client.wait(lambda m: m.verb == "AUTHENTICATE", f"AUTHENTICATE for {nick}")
    client.send("AUTHENTICATE " + base64.b64encode(f"{nick}\0{nick}\0{password}".encode()).decode())
    if client.wait(lambda m: m.verb in ("903", "904"), f"the answer to the login of {nick}").verb == "904":
        client.close()
        return None
    client.send(f"NICK {nick}", "CAP END")
    client.wait(lambda m: m.verb == "001", f"welcome of {nick}")
    client.ping("welcomed")
    client.nick = nick
    return client


def order(client, line, *answers):
    """Sends a line and waits for one of `answers`; returns whether it was the first one, which means success."""
    client.send(line)
    said = client.wait(lambda m: any(answer in m.raw for answer in answers), f"the answer to {line}")
    return answers[0] in said.raw


def new_account(port, nick, password):
    client = irc.plain(port).register(nick)
    order(client, f"NS REGISTER {password}", "Account created")
    return client


def new_always_on(port, nick, password):
    client = new_account(port, nick, password)
    client.send("NS SET ALWAYS-ON true")
    client.wait(lambda m: m.nick == "NickServ", f"NickServ to {nick}")
    client.ping("set")
    return client

"""SIGTERM and a restart with many always-on users: all of them return to the same channels."""

import time

from account_server import Server, log_in, new_account, new_always_on, order

USERS = 500
CHANNELS = 50
EACH = 3
RESTART_S = 5.0


def channels_of(number):
    return sorted({f"#room{(number * step) % CHANNELS}" for step in (1, 7, 11)[:EACH]})


def fill(port):
    """Registers all channels, with topics and modes, and creates the users, each in up to three channels."""
    owner = new_account(port, "owner", "sesame")
    for number in range(CHANNELS):
        name = f"#room{number}"
        owner.join(name)
        order(owner, f"CS REGISTER {name}", "successfully registered")
        order(owner, f"TOPIC {name} :what {name} is about", " TOPIC ")
        order(owner, f"MODE {name} +Cl {1000 + number}", " +Cl ")
    for number in range(USERS):
        client = new_always_on(port, f"resident{number}", "sesame")
        for name in channels_of(number):
            client.join(name)
        client.close()
    owner.close()


def members(client, name):
    client.send(f"NAMES {name}")
    start = client.cursor
    client.wait(lambda m: m.verb == "366" and name in m.params, f"names of {name}")
    lines = [line for line in client.seen[start:client.cursor] if line.verb == "353"]
    return {nick.lstrip("~&@%+") for line in lines for nick in line.params[-1].split()}


def check_room(client, number):
    """Returns a problem of a channel, or None."""
    name = f"#room{number}"
    client.join(name)
    topic = next((m for m in reversed(client.seen) if m.verb == "332"), None)
    expected = {f"resident{user}" for user in range(USERS) if name in channels_of(user)}
    found = members(client, name) - {client.nick}
    client.send(f"MODE {name}")
    modes = client.wait(lambda m: m.verb == "324", f"modes of {name}")
    if found != expected:
        return f"{name}: {len(expected - found)} are missing, {len(found - expected)} too many"
    if topic is None or topic.params[-1] != f"what {name} is about":
        return f"{name}: topic {topic}"
    if not set("Clnt") <= set(modes.params[2]) or modes.params[-1] != str(1000 + number):
        return f"{name}: modes {modes}"
    return None


def check_mass_restart(checks, binary, directory):
    with Server(binary, directory / "restart") as server:
        server.start()
        fill(server.plain)
        start = time.monotonic()
        server.terminate()
        checks.check("restart: SIGTERM shuts it down cleanly", server.exit_status() == 0)
        stopped = time.monotonic()
        server.start()
        started = time.monotonic()
        print(f"restart: {USERS} always-on users in {CHANNELS} channels: stopped in {stopped - start:.2f} s, "
              f"started in {started - stopped:.2f} s")
        checks.check(f"restart: it starts within {RESTART_S:g} s", started - stopped < RESTART_S)
        visitor = new_account(server.plain, "visitor", "sesame")
        wrong = [problem for number in range(CHANNELS) if (problem := check_room(visitor, number))]
        checks.check("restart: members, topics and modes are unchanged", not wrong, wrong[:5])
        back = log_in(server.plain, "resident7", "sesame")
        joined = sorted(m.params[0] for m in back.seen if m.verb == "JOIN" and m.nick == "resident7")
        checks.check("restart: a user who logs in is in the same channels", joined == channels_of(7), joined)

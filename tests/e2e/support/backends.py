"""The database for history, selected by an option of the scripts that test more than one."""

import os

OPTIONS = {"--sqlite": "SQLite", "--mysql": "MySQL"}


def chosen(arguments):
    """Splits the arguments into the database option, or None, and the rest."""
    option = next((word for word in arguments if word in OPTIONS), None)
    return option, [word for word in arguments if word != option]


def datastore(option, directory):
    """Returns the value of `datastore.path`, followed by the lines that name the database.

    `--mysql` uses the server that IRCD_TEST_MYSQL names as USER:PASSWORD@SOCKET, with a database for this process only.
    """
    path = f"{directory}/ircd.db"
    if option == "--sqlite":
        return f"{path}\n    sqlite: {{enabled: true, database-path: {directory}/history.db, busy-timeout: 10s}}"
    if option == "--mysql":
        if "IRCD_TEST_MYSQL" not in os.environ:
            raise SystemExit("IRCD_TEST_MYSQL is not set: tests/e2e/support/mariadb.py starts a server and runs a command with it")
        login, _, socket = os.environ["IRCD_TEST_MYSQL"].partition("@")
        user, _, password = login.partition(":")
        return (f"{path}\n    mysql: {{enabled: true, socket-path: {socket}, user: {user}, password: \"{password}\", "
                f"history-database: ircd_test_{os.getpid()}, timeout: 30s}}")
    return path


def history(option, channel_length, client_length=256, page_max=100):
    """Returns the `history` section; with a database, everything is stored."""
    stored = "{enabled: true, unregistered-channels: true, registered-channels: opt-out, direct-messages: opt-out}"
    return (f"history:\n    enabled: true\n    channel-length: {channel_length}\n    client-length: {client_length}\n"
            f"    chathistory-maxmessages: {page_max}\n" + (f"    persistent: {stored}\n" if option else ""))

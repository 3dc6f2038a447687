"""A value that a client changes, and its possible states if the server is killed meanwhile."""


class Thing:
    """The last acknowledged value, and the value if a pending change was stored."""

    def __init__(self, acknowledged):
        self.acknowledged, self.possible = acknowledged, None

    def try_for(self, wanted, act):
        """Runs `act`, which returns once `wanted` is acknowledged."""
        self.possible = wanted
        act()
        self.acknowledged, self.possible = wanted, None

    def states(self):
        return [self.acknowledged] + ([self.possible] if self.possible is not None else [])

    def settle(self, found):
        self.acknowledged, self.possible = found, None

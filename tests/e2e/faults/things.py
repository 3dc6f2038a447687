"""Something that a client changes, and what is known of it when the server is killed meanwhile."""


class Thing:
    """How something was acknowledged last, and how it may be by now."""

    def __init__(self, acknowledged):
        self.acknowledged, self.possible = acknowledged, None

    def try_for(self, wanted, act):
        """Does `act`, which returns once `wanted` is acknowledged."""
        self.possible = wanted
        act()
        self.acknowledged, self.possible = wanted, None

    def states(self):
        return [self.acknowledged] + ([self.possible] if self.possible is not None else [])

    def settle(self, found):
        self.acknowledged, self.possible = found, None

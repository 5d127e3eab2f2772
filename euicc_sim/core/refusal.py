"""A command that the card refuses with a status word instead of a response."""

from wire.sw import SW


class Refused(Exception):
    """Ends a command with `sw` and no data; nothing has changed."""

    def __init__(self, sw: SW) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw

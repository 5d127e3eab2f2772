"""What goes wrong with received bytes: one error type, always with the place and the rule."""


class DecodeError(ValueError):
    """Received bytes break an encoding rule; decoding any bytes raises this and nothing else.

    path: dotted field path ("" at the top); offset: octet offset inside the outermost value decoded;
    rule: the rule that is broken, in words.
    """

    def __init__(self, path: str, offset: int, rule: str) -> None:
        super().__init__(f"{path or 'value'} at octet {offset}: {rule}")
        self.path = path
        self.offset = offset
        self.rule = rule

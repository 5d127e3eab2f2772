"""What can be wrong with a profile: its parameters, or the package that is to be read."""


class PackageError(ValueError):
    """A profile package decodes, but is not what it should be; says what is wrong."""


class ParameterError(ValueError):
    """A build parameter is unusable.

    field: its name in the table; problem: what is wrong with it; remedy: what to do about it.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy

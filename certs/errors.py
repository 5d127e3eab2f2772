"""What goes wrong with a PKI: a file or a key that isn't there or isn't what its name says."""


class PkiError(Exception):
    """The PKI cannot do what was asked; the message names the file or certificate and what to do."""

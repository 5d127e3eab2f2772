"""A listening socket, and why there can't be one."""

import errno
import os
import socket

from lab.errors import LabError


def listen(host: str, port: int, other_port: str) -> socket.socket:
    """A TCP socket that listens; LabError tells a wrong host from a port that is taken.

    other_port: how the command line names another port.
    """
    try:
        return open_socket(host, port)
    except (OSError, UnicodeError) as error:
        what = f"can't listen on {host} port {port}"
        if isinstance(error, UnicodeError | socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            hint = "give an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
        elif error.errno == errno.EACCES:
            hint = f"ports below 1024 want privileges; choose another with {other_port}"
        else:
            hint = f"stop what uses that port, or choose another with {other_port}"
        raise LabError(f"{what}: {_reason(error)}", hint) from None


def open_socket(host: str, port: int) -> socket.socket:
    """The same, with the OSError as it comes (UnicodeError for what can't be a host name)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.getaddrinfo(host, port, family)  # create_server would hide that it was this which failed
    return socket.create_server((host, port), family=family, backlog=128)


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError | socket.gaierror):
        return getattr(error, "strerror", None) or str(error)
    return os.strerror(error.errno or 0)

"""Why there is no listening socket: a wrong host is told from a port that is taken."""

import pytest

from lab.errors import LabError
from lab.listening import listen

PORT_OPTION = "--port (0: any free one)"


@pytest.mark.parametrize(
    ("host", "why"),
    [("nosuch.invalid", "port 0"), ("192.0.2.1", "Cannot assign requested address"), ("a" * 64, "too long")],
)
def test_a_host_that_is_not_this_machine(host: str, why: str) -> None:
    with pytest.raises(LabError, match=why) as refused:
        listen(host, 0, PORT_OPTION)
    assert host in refused.value.message
    assert "address of this machine" in refused.value.hint
    assert "port" not in refused.value.hint


def test_a_port_that_is_taken() -> None:
    with listen("127.0.0.1", 0, PORT_OPTION) as first, pytest.raises(LabError, match="already in use") as refused:
        listen("127.0.0.1", first.getsockname()[1], PORT_OPTION)
    assert PORT_OPTION in refused.value.hint

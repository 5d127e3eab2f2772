"""CPU of the server per order: ES2+ DownloadOrder from a pool and ConfirmOrder with release, over mutual TLS."""

import http.client
import json
import subprocess
from collections.abc import Iterator, Sequence
from itertools import count
from statistics import median
from typing import Any, Self

from bench.device import Refused
from bench.package import bench_package, iccid
from bench.report import Measurement
from bench.served_lab import HOST, RSPLAB, ServedLab, free_port, served_lab
from smdp.web.tls import client_context

NAME = "es2plus"
WARM_UP = 20
ORDERS = 200
BATCHES = 5
OPERATOR, POOL = "BENCH-MNO", "bench-pool"
_FIRST_ICCID = 500_000


class Operator:
    """An operator's back end on one keep-alive connection."""

    def __init__(self, served: ServedLab, port: int) -> None:
        mno, ci = served.pki.mno(), served.pki.ci()
        context = client_context(mno.chain_pem, mno.key_pem, ci.certificate_pem)
        self._http = http.client.HTTPSConnection(HOST, port, context=context, timeout=30)
        self._calls = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def download_order(self) -> str:
        """DownloadOrder by profile type; the ICCID."""
        return str(self._call("downloadOrder", profileType=POOL)["iccid"])

    def confirm_order(self, number: str) -> str:
        """ConfirmOrder of this ICCID, released at once; the Matching ID that the SM-DP+ gives it."""
        return str(self._call("confirmOrder", iccid=number, releaseFlag=True)["matchingId"])

    def _call(self, function: str, **members: object) -> dict[str, Any]:
        header = {"functionRequesterIdentifier": OPERATOR, "functionCallIdentifier": f"bench-{next(self._calls)}"}
        headers = {"Content-Type": "application/json", "X-Admin-Protocol": "gsma/rsp/v2.5.0"}
        self._http.request("POST", f"/gsma/rsp2/es2plus/{function}", json.dumps({"header": header, **members}), headers)
        answer: dict[str, Any] = json.loads(self._http.getresponse().read())
        status = answer["header"]["functionExecutionStatus"]
        if status["status"] != "Executed-Success":
            raise Refused(f"{function}: {status}")
        return answer


def run(orders: int = ORDERS, warm_up: int = WARM_UP, batches: int = BATCHES) -> Iterator[Measurement]:
    """Orders one after the other, each of a profile of its own; medians of batches count."""
    size, port = orders // batches, free_port()
    with served_lab(0, options=("--es2-port", str(port))) as served, Operator(served, port) as operator:
        _stock(served, warm_up + size * batches)
        _orders(served, operator, warm_up)
        times = [_orders(served, operator, size) for _ in range(batches)]
    note = f"a pool of {warm_up + size * batches} profiles, Matching ID generated"
    downloads, confirmations, both = (median(values) for values in zip(*times, strict=True))
    yield Measurement(NAME, "DownloadOrder plus ConfirmOrder", both, "CPU ms", note=note)
    yield Measurement(NAME, "  DownloadOrder", downloads, "CPU ms")
    yield Measurement(NAME, "  ConfirmOrder", confirmations, "CPU ms")


def _orders(served: ServedLab, operator: Operator, how_many: int) -> tuple[float, float, float]:
    """CPU milliseconds of each DownloadOrder, of each ConfirmOrder, and of both."""
    started = served.cpu_s()
    iccids: Sequence[str] = [operator.download_order() for _ in range(how_many)]
    ordered = served.cpu_s()
    for number in iccids:
        operator.confirm_order(number)
    confirmed = served.cpu_s()
    download_ms, confirm_ms = ((span * 1000 / how_many) for span in (ordered - started, confirmed - ordered))
    return download_ms, confirm_ms, download_ms + confirm_ms


def _stock(served: ServedLab, profiles: int) -> None:
    """Profiles of one type, and the operator that orders them."""
    directory = served.lab.path
    (directory / "pool.der").write_bytes(bench_package())
    (directory / "mno.der").write_bytes(served.pki.mno().certificate)
    lines = [f'[[operator]]\nidentifier = "{OPERATOR}"\ncertificate = "mno.der"\n']
    lines += [
        f'[[profile]]\nupp = "pool.der"\niccid = "{iccid(_FIRST_ICCID + number)}"\nprofile_type = "{POOL}"\n'
        for number in range(profiles)
    ]
    (directory / "pool.toml").write_text("\n".join(lines))
    command = [*RSPLAB, "--lab", str(directory), "provision", str(directory / "pool.toml"), "--json"]
    subprocess.run(command, check=True, capture_output=True)

"""`lab.toml`: the settings of one lab."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from lab.errors import LabError
from lab.listeners import Listener, read_listener
from lab.settings_keys import warn_of_unknown_keys

_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
)

_DURATION = re.compile(r"([+-]?\d+)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

T = TypeVar("T")

DEFAULT_PORT = 8443
HTTPS_PORT = 443
DEFAULT_SMDS = "testrootsmds.example.com"

_TEMPLATE = """\
# Settings of this lab.

# The SM-DP+ as activation codes and certificates name it, and the port it listens on.
address = "{address}"
port = {port}
# The interface `rsplab serve` binds.
host = "{host}"

[pki]
# Where pki/ came from: "generate", or "sgp26:DIR".
source = "{source}"

# Agents of this lab connect to these host names here, without DNS.
[resolve]
{resolve}

# The SM-DS, if a listener serves one (it needs a host name of its own).
[smds]
address = "{smds_address}"
# Another one, which forwards its events to the first (ES15); listeners serve it with smds = "alternative":
# [smds.alternative]
# address = "testaltsmds.example.com"

# Where the SM-DP+ differs from the default:
# [smdp]
# rebinding = false            # refuse a new one-time key for a bound package (8.2/3.7)
# key_mode = "session"         # protect profile elements with session keys instead of profile protection keys
# session_lifetime_s = 3600
# confirmation_limit = 3       # of orders that come over ES2+
# download_limit = 10

# For tests: a clock of its own for servers and cards; TLS always goes by the machine's clock.
# [clock]
# offset = "-400d"             # from the machine's time: s, m, h or d
# at = 2031-05-01T00:00:00Z    # or: each process starts at this time

# CRLs in crls/ (*.crl, *.pem) are followed while the server runs.
# [crl]
# required = true              # refuse eUICCs whose CI has no current CRL there

# A database for several workers or machines, instead of smdp.db (RSPLAB_DATABASE_URL keeps its password out of here):
# [database]
# url = "postgresql://rsplab@db.example.com/rsplab"

# Webhooks go to public https addresses only, unless:
# [webhooks]
# allow_targets = ["10.0.0.0/8"]
# plain_http = true

# More listeners beside the SM-DP+ at the top, as many as you like:
# [[listener]]
# interface = "es9+"           # es9+ (SM-DP+), es2+ (operators), es11 and es12 (SM-DS)
# port = 8445
# tls_curve = "NIST"           # of the TLS certificate: NIST or BRP
# certificate = "tls.pem"      # or a certificate of your own (chain and all, in PEM), with key = "tls-key.pem"
# smds = "alternative"         # es11, es12: for the alternative SM-DS instead of the root
# cis = ["BRP"]                # the only CIs that are offered
# lowest_svn = "2.1"           # SGP.22 versions that are served
# highest_svn = "2.2"

# The device that `rsplab lpa` stands for, where it differs from the default:
# [agent]
# tac = "35290611"
# imei = "352906110000000"
# device_capabilities = {{ eutranEpcSupportedRelease = "15.0.0", nr5gcSupportedRelease = "15.0.0" }}
# isdr_aids = ["A0000005591010FFFFFFFF8900000100"]   # tried in this order
# segment_octets = 255         # data octets in one STORE DATA block
# refresh = true               # refreshFlag of EnableProfile and DisableProfile
# test_mode = false            # accept test profiles
# pins = ["sha256//..."]       # the only keys (SHA-256 of SubjectPublicKeyInfo, as curl has it) servers may show
# retry_waits_s = [1.0, 5.0]   # pauses before trying an unreachable server again

# The management REST API (docs/api.md), where it differs from the default:
# [api]
# port = 8480                  # 0: any free one
# host = "127.0.0.1"           # with TLS 1.3 where it isn't loopback
# anonymous = ""               # the role of callers without a key: viewer, tester, operator, admin; loopback only
# max_profiles = 10            # on one eUICC
# [api.rate_limits]            # a minute and caller
# profile_creation = 100
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one lab; clock_at, clock_offset (test use): when its clock starts, how far it is off.

    agent: see `lpa.core.settings`; api: see `lab.managers.settings`.
    """

    address: str = "localhost"
    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"
    pki_source: str = "generate"
    resolve: dict[str, str] = field(default_factory=dict)
    smds_address: str = DEFAULT_SMDS
    agent: dict[str, Any] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    api: dict[str, Any] = field(default_factory=dict)
    clock_at: datetime | None = None
    clock_offset: timedelta = timedelta(0)
    alternative_smds_address: str = ""
    crl_required: bool = False
    smdp: dict[str, Any] = field(default_factory=dict)
    database_url: str = ""
    webhooks: dict[str, Any] = field(default_factory=dict)

    def public_address(self, port: int | None = None) -> str:
        """The address in activation codes: `host:port`, or the bare host on the port of HTTPS."""
        port = self.port if port is None else port
        return self.address if port == HTTPS_PORT else f"{self.address}:{port}"

    def to_toml(self) -> str:
        """The text of a fresh `lab.toml`."""
        resolve = "\n".join(f'"{name}" = "{target}"' for name, target in self.resolve.items())
        return _TEMPLATE.format(
            address=self.address,
            port=self.port,
            host=self.host,
            source=self.pki_source,
            resolve=resolve,
            smds_address=self.smds_address,
        )


def parse_address(text: str) -> tuple[str, int]:
    """`HOST` or `HOST:PORT`; LabError says what is wrong with it."""
    host, colon, port_text = text.partition(":")
    if not _HOST.match(host):
        raise LabError(
            f"--address {text!r}: {host!r} is not a host name", "give a name such as localhost or dp.example.com"
        )
    if not colon:
        return host, DEFAULT_PORT
    if not port_text.isdigit() or not 0 < int(port_text) < 65536:
        raise LabError(f"--address {text!r}: {port_text!r} is not a port", "ports are 1 to 65535")
    return host, int(port_text)


def load_settings(path: Path) -> Settings:
    """Read `lab.toml`; LabError names the file and the setting that is wrong, a warning each key that is unknown."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path}: {error}", "correct the file by hand") from None
    warn_of_unknown_keys(path, raw)
    settings = Settings()
    pki = _get(path, raw, "pki", dict, {})
    clock = _get(path, raw, "clock", dict, {})
    resolve = _get(path, raw, "resolve", dict, {})
    smds = _get(path, raw, "smds", dict, {})
    at = clock.get("at")
    if at is not None and not (isinstance(at, datetime) and at.tzinfo):
        raise LabError(f"{path}: clock.at must be a date and time with its zone", "for example 2031-05-01T00:00:00Z")
    return Settings(
        address=_get(path, raw, "address", str, settings.address),
        port=_get(path, raw, "port", int, settings.port),
        host=_get(path, raw, "host", str, settings.host),
        pki_source=_get(path, pki, "source", str, settings.pki_source),
        resolve={name: str(target) for name, target in resolve.items()},
        smds_address=_get(path, smds, "address", str, settings.smds_address),
        listeners=tuple(
            read_listener(path, number, table) for number, table in enumerate(_get(path, raw, "listener", list, []), 1)
        ),
        agent=_get(path, raw, "agent", dict, {}),
        api=_get(path, raw, "api", dict, {}),
        clock_at=at,
        clock_offset=_offset(path, _get(path, clock, "offset", str, "0s")),
        alternative_smds_address=_get(path, _get(path, smds, "alternative", dict, {}), "address", str, ""),
        crl_required=_flag(path, _get(path, raw, "crl", dict, {}), "required"),
        smdp=_get(path, raw, "smdp", dict, {}),
        database_url=_get(path, _get(path, raw, "database", dict, {}), "url", str, ""),
        webhooks=_get(path, raw, "webhooks", dict, {}),
    )


def _offset(path: Path, text: str) -> timedelta:
    if not (match := _DURATION.fullmatch(text)):
        raise LabError(f"{path}: clock.offset {text!r} is no time", 'for example "-400d", "12h" or "90s"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _flag(path: Path, table: dict[str, Any], name: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise LabError(f"{path}: {name} must be true or false, not {value!r}", "correct the file by hand")
    return value


def _get(path: Path, table: dict[str, Any], name: str, kind: type[T], default: T) -> T:
    value = table.get(name, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise LabError(f"{path}: {name} must be a {kind.__name__}, not {value!r}", "correct the file by hand")
    return value

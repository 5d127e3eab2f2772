"""What an agent is told about itself: the device it stands for and how it talks to cards and servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wire.apdu import AID_ISD_R, AIDS_NON_STANDARD_ISD_R
from wire.tlv import tlv

DEVICE_CAPABILITIES = {
    "gsmSupportedRelease": 0x80,
    "utranSupportedRelease": 0x81,
    "cdma2000onexSupportedRelease": 0x82,
    "cdma2000hrpdSupportedRelease": 0x83,
    "cdma2000ehrpdSupportedRelease": 0x84,
    "eutranEpcSupportedRelease": 0x85,
    "contactlessSupportedRelease": 0x86,
    "rspCrlSupportedVersion": 0x87,
    "nrEpcSupportedRelease": 0x88,
    "nr5gcSupportedRelease": 0x89,
    "eutran5gcSupportedRelease": 0x8A,
    "lpaSvn": 0x8B,
}


@dataclass(frozen=True, slots=True)
class LpaSettings:
    """The device and its habits.

    tac: 8 digits; imei: 15 or 16 digits or None (16 digits travel as they are, 15 are padded with F);
    device_capabilities: ASN.1 name -> version octets, as in `DEVICE_CAPABILITIES` (default: E-UTRAN and NR, Rel-15);
    segment_octets: data octets per STORE DATA block, 1..255; isdr_aids: tried in this order;
    basic_channel: use channel 0 where a card or reader has no others;
    refresh: the refreshFlag of EnableProfile and DisableProfile;
    test_mode: device test mode, in which test profiles may be downloaded; protocol: the X-Admin-Protocol version;
    retry_waits_s: pauses before each further try after a network failure;
    card_busy_wait_s: pause before asking a busy card again;
    plain_http_hosts: names (lower case, no port) of a lab's own servers without TLS: nobody is verified there.
    """

    tac: str = "35290611"
    imei: str | None = None
    device_capabilities: Mapping[str, bytes] = field(
        default_factory=lambda: {"eutranEpcSupportedRelease": b"\x0f\x00\x00", "nr5gcSupportedRelease": b"\x0f\x00\x00"}
    )
    segment_octets: int = 255
    isdr_aids: tuple[bytes, ...] = (AID_ISD_R, *AIDS_NON_STANDARD_ISD_R)
    basic_channel: bool = False
    refresh: bool = True
    test_mode: bool = False
    protocol: str = "2.5.0"
    retry_waits_s: tuple[float, ...] = (1.0, 5.0)
    card_busy_wait_s: float = 1.0
    plain_http_hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (len(self.tac) == 8 and self.tac.isascii() and self.tac.isdigit()):
            raise ValueError(f"the TAC is 8 digits, not {self.tac!r}")
        if self.imei is not None and not (len(self.imei) in (15, 16) and self.imei.isascii() and self.imei.isdigit()):
            raise ValueError(f"the IMEI is 15 or 16 digits, not {self.imei!r}")
        if not 1 <= self.segment_octets <= 255:
            raise ValueError(f"a STORE DATA block carries 1..255 octets, not {self.segment_octets}")
        unknown = set(self.device_capabilities) - set(DEVICE_CAPABILITIES)
        if unknown:
            raise ValueError(f"unknown device capabilities: {', '.join(sorted(unknown))}")

    def device_info(self) -> bytes:
        """DeviceInfo as it stands in ctxParams1 (tag A1).

        Spec: SGP.22 v2.5 section 4.2; digits in reading order, as deployed agents send them
        """
        capabilities = [
            tlv(tag, self.device_capabilities[name])
            for name, tag in DEVICE_CAPABILITIES.items()
            if name in self.device_capabilities
        ]
        imei = [] if self.imei is None else [tlv(0x82, bytes.fromhex(self.imei.ljust(16, "F")))]
        return tlv(0xA1, tlv(0x80, bytes.fromhex(self.tac)), tlv(0xA1, *capabilities), *imei)

"""The parameters from which a profile package is built."""

from dataclasses import dataclass, field

from smdp.profiles import checks
from smdp.profiles.errors import ParameterError
from smdp.profiles.keys import milenage_opc, tuak_topc
from smdp.profiles.values import NO_RULES, Algorithm, NotificationRecipient, Suci
from wire.es10 import PprIds, ProfileClass
from wire.ids import Iccid

USIM_AID = bytes.fromhex("A0000000871002FFFFFFFF8900000100")
ISIM_AID = bytes.fromhex("A0000000871004FFFFFFFF8900000100")
THREE_DIGIT_MNC = frozenset(("302", *(str(mcc) for mcc in range(310, 317))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileParameters:
    """Everything that makes one subscription; only iccid, imsi, k and one of opc/op/topc/top are needed.

    Digits are text in reading order, keys are octets. Raises ParameterError for the first unusable value.
    spn: EF.SPN and, unless service_provider_name is given, the metadata's; mnc_length: 2, or 3 for North American
    MCCs, unless given; hplmns: MCC and MNC digits for EF.HPLMNwAcT, the IMSI's own unless given;
    pin1_enabled: whether PIN1 must be verified; ota_keys: KIc, KID, KIK (AES) of the MNO-SD;
    suci: brings in DF.5GS; notifications: empty means the server's own address, all events.
    """

    iccid: Iccid
    imsi: str
    k: bytes = field(repr=False)
    algorithm: Algorithm = Algorithm.MILENAGE
    opc: bytes | None = field(default=None, repr=False)
    op: bytes | None = field(default=None, repr=False)
    topc: bytes | None = field(default=None, repr=False)
    top: bytes | None = field(default=None, repr=False)
    keccak_iterations: int = 1
    mnc_length: int | None = None
    pin1: str = field(default="0000", repr=False)
    pin1_enabled: bool = False
    puk1: str = field(default="12345678", repr=False)
    pin2: str = field(default="0000", repr=False)
    puk2: str = field(default="12345678", repr=False)
    adm1: str = field(default="12345678", repr=False)
    spn: str = "rsplab"
    gid1: bytes | None = None
    gid2: bytes | None = None
    acc: bytes | None = None
    msisdn: str | None = None
    smsc: str | None = None
    hplmns: tuple[str, ...] = ()
    emergency_numbers: tuple[str, ...] = ("112", "911")
    isim: bool = False
    impi: str | None = None
    impus: tuple[str, ...] = ()
    df_5gs: bool = False
    suci: Suci | None = None
    ota_keys: tuple[bytes, bytes, bytes] | None = field(default=None, repr=False)
    usim_aid: bytes = USIM_AID
    isim_aid: bytes = ISIM_AID
    profile_type: str = "rsplab USIM"
    service_provider_name: str | None = None
    profile_name: str | None = None
    profile_class: ProfileClass = ProfileClass.operational
    icon: bytes | None = None
    policy_rules: PprIds = NO_RULES
    notifications: tuple[NotificationRecipient, ...] = ()

    def __post_init__(self) -> None:
        checks.check(self)

    @property
    def mcc(self) -> str:
        """The mobile country code, three digits."""
        return self.imsi[:3]

    @property
    def mnc(self) -> str:
        """The mobile network code, two or three digits."""
        length = self.mnc_length or (3 if self.mcc in THREE_DIGIT_MNC else 2)
        return self.imsi[3 : 3 + length]

    @property
    def home_plmns(self) -> tuple[str, ...]:
        """MCC and MNC digits of the home networks."""
        return self.hplmns or (self.mcc + self.mnc,)

    @property
    def access_class(self) -> bytes:
        """EF.ACC: as given, else the class of the IMSI's last digit."""
        return self.acc or (1 << int(self.imsi[-1])).to_bytes(2, "big")

    @property
    def algorithm_constant(self) -> bytes:
        """What the akaParameter element calls opc: OPc, TOPc, or zeros for the test algorithm."""
        if self.algorithm is Algorithm.XOR:
            return bytes(16)
        if self.algorithm is Algorithm.TUAK:
            if self.topc is not None:
                return self.topc
            if self.top is not None:
                return tuak_topc(self.k, self.top, self.keccak_iterations)
        elif self.opc is not None:
            return self.opc
        elif self.op is not None:
            return milenage_opc(self.k, self.op)
        raise ParameterError("algorithm", "no operator constant", checks.CONSTANT_REMEDY[self.algorithm])

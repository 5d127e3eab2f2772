"""Any bytes and any good parameters: decode errors and nothing else; what is built reads back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from smdp.profiles import PackageError, ParameterError, ProfileParameters, build_package, personalise, read_package
from wire.errors import DecodeError
from wire.ids import Iccid

PACKAGE = build_package(
    ProfileParameters(
        iccid=Iccid("89000123456789012341"), imsi="001010123456789", k=bytes(16), opc=bytes(16), gid1=b"\x01"
    )
)
EXAMPLES = settings(derandomize=True, deadline=None, max_examples=150)
digits = st.text("0123456789", min_size=15, max_size=15)


def read_or_refuse(data: bytes) -> None:
    """ParameterError is for the key: the package may hold one of another length."""
    try:
        read_package(data)
        personalise(data, iccid=Iccid("89000123456789012341"), imsi="001010123456789", k=bytes(16), pin1="1111")
    except (DecodeError, PackageError, ParameterError):
        pass


@EXAMPLES
@given(st.binary(max_size=200))
def test_random_octets(data: bytes) -> None:
    read_or_refuse(data)


@EXAMPLES
@given(st.integers(0, len(PACKAGE) - 1), st.binary(min_size=1, max_size=4))
def test_damaged_packages(at: int, garbage: bytes) -> None:
    read_or_refuse(PACKAGE[:at] + garbage + PACKAGE[at + len(garbage) :])


@EXAMPLES
@given(st.integers(0, len(PACKAGE) - 1))
def test_cut_packages(at: int) -> None:
    read_or_refuse(PACKAGE[:at])


@settings(EXAMPLES, max_examples=50)
@given(
    iccid=st.text("0123456789", min_size=18, max_size=20),
    imsi=digits,
    k=st.binary(min_size=16, max_size=16),
    opc=st.binary(min_size=16, max_size=16),
    spn=st.text("ABCabc012 _@äÜ£", max_size=16),
    isim=st.booleans(),
    df_5gs=st.booleans(),
)
def test_what_is_built_reads_back(
    iccid: str, imsi: str, k: bytes, opc: bytes, spn: str, isim: bool, df_5gs: bool
) -> None:
    built = build_package(
        ProfileParameters(iccid=Iccid(iccid), imsi=imsi, k=k, opc=opc, spn=spn, isim=isim, df_5gs=df_5gs)
    )
    info = read_package(built)
    assert (info.iccid, info.imsi, info.spn) == (iccid, imsi, spn)
    assert sum(octets for _, octets in info.elements) == len(built)


@settings(EXAMPLES, max_examples=50)
@given(iccid=st.text("0123456789", min_size=18, max_size=20), imsi=digits)
def test_personalised_reads_back(iccid: str, imsi: str) -> None:
    info = read_package(personalise(PACKAGE, iccid=Iccid(iccid), imsi=imsi))
    assert (info.iccid, info.imsi) == (iccid, imsi)

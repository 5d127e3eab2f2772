"""Built packages on the simulated card: installed without a warning, by the codec's and the interpreter's reading."""

from dataclasses import replace

import pytest

from bench.package import bench_package
from euicc_sim.profile.interpreter import Capabilities, Installed, Interpreter
from smdp.profiles import Algorithm, ProfileParameters, Suci, SuciKey, SuciScheme, build_package, read_package
from wire import der
from wire.ids import Iccid, encode_mcc_mnc
from wire.saip import ProfileElement, split_elements

PLAIN = ProfileParameters(
    iccid=Iccid("89000123456789012341"), imsi="001010123456789", k=bytes(range(16)), opc=bytes(range(16, 32))
)
KEYS = (SuciKey(SuciScheme.profile_a, 1, b"\x0a" * 32), SuciKey(SuciScheme.profile_b, 2, b"\x02" * 33))
VARIANTS = {
    "plain": PLAIN,
    "three-digit MNC": replace(PLAIN, imsi="310410123456789"),
    "groups and numbers": replace(PLAIN, gid1=b"\x01", gid2=b"\x02\x03", msisdn="+4917012345", smsc="+491760000443"),
    "ISIM": replace(PLAIN, isim=True),
    "5G": replace(PLAIN, df_5gs=True),
    "SUCI by the device": replace(PLAIN, suci=Suci("17", KEYS)),
    "SUCI by the USIM": replace(PLAIN, suci=Suci("17", KEYS, in_usim=True)),
    "TUAK 128": replace(PLAIN, algorithm=Algorithm.TUAK, opc=None, top=bytes(32), keccak_iterations=200),
    "TUAK 256": replace(PLAIN, algorithm=Algorithm.TUAK, k=bytes(32), opc=None, topc=bytes(32)),
    "XOR": replace(PLAIN, algorithm=Algorithm.XOR, opc=None),
    "OTA keys": replace(PLAIN, ota_keys=(bytes(16), bytes(24), bytes(32))),
}
parameters = pytest.mark.parametrize("parameters", VARIANTS.values(), ids=VARIANTS.keys())


def install(package: bytes) -> Installed:
    interpreter = Interpreter(Capabilities(), free_octets=1_000_000)
    interpreter.feed(package)
    return interpreter.finish()


@parameters
def test_installs_without_a_warning(parameters: ProfileParameters) -> None:
    package = build_package(parameters)
    installed = install(package)
    assert installed.warnings == ()
    assert (installed.iccid, installed.imsi) == (parameters.iccid, parameters.imsi)
    assert installed.mcc_mnc == encode_mcc_mnc(parameters.mcc, parameters.mnc)
    assert (installed.gid1, installed.gid2) == (parameters.gid1, parameters.gid2)


@parameters
def test_the_codec_reads_and_writes_the_same_octets(parameters: ProfileParameters) -> None:
    package = build_package(parameters)
    elements = [der.load(ProfileElement, element.raw) for element in split_elements(package)]
    assert b"".join(element.dump(force=True) for element in elements) == package


@parameters
def test_memory_is_estimated_within_a_tenth(parameters: ProfileParameters) -> None:
    package = build_package(parameters)
    taken = install(package).octets
    assert abs(read_package(package).estimated_installed_octets - taken) < taken / 10


def test_package_of_the_benchmarks_installs() -> None:
    assert install(bench_package()).warnings == ()

"""Network access parameters and PINs.

Spec: TCA eUICC Profile Package: Interoperable Format 3.3.1, annex B (PEDefinitions)
"""

from wire.asn1 import OPTIONAL, Choice, Integer, OctetString, Sequence, SequenceOf, around, at, octets
from wire.saip.types import ApplicationIdentifier, PEHeader, UInt8

XORING_CONSTANTS = b"".join(bytes(15) + bytes((last,)) for last in (0, 1, 2, 4, 8))


class MappingParameter(Sequence):
    _fields = [
        ("mappingOptions", octets(1, 1), at(0x80)),
        ("mappingSource", ApplicationIdentifier, at(0x81)),
    ]


class AlgorithmID(Integer):
    """The type of `algorithmID`."""

    _map = {
        1: "milenage",
        2: "tuak",
        3: "usim-test-algorithm",
    }


class AlgoParameter(Sequence):
    _fields = [
        ("algorithmID", AlgorithmID, at(0x80)),
        ("algorithmOptions", octets(1, 1), at(0x81)),
        ("key", OctetString, at(0x82)),
        ("opc", OctetString, at(0x83)),
        ("rotationConstants", octets(5, 5), at(0x84, default=bytes.fromhex("4000204060"))),
        ("xoringConstants", octets(80, 80), at(0x85, default=XORING_CONSTANTS)),
        ("authCounterMax", octets(3, 3), at(0x86, OPTIONAL)),
        ("numberOfKeccak", UInt8, at(0x87, default=1)),
    ]


class AlgoConfiguration(Choice):
    _alternatives = [
        ("mappingParameter", MappingParameter, at(0xA0)),
        ("algoParameter", AlgoParameter, at(0xA1)),
    ]


class SqnInit(SequenceOf, of=octets(6, 6), size=32):
    """The type of `sqnInit`."""


class PE_AKAParameter(Sequence):
    _fields = [
        ("aka-header", PEHeader, at(0xA0)),
        ("algoConfiguration", AlgoConfiguration, around(0xA1)),
        ("sqnOptions", octets(1, 1), at(0x82, default=bytes.fromhex("02"))),
        ("sqnDelta", octets(6, 6), at(0x83, default=bytes.fromhex("000010000000"))),
        ("sqnAgeLimit", octets(6, 6), at(0x84, default=bytes.fromhex("000010000000"))),
        ("sqnInit", SqnInit, at(0xA5, default=[bytes(6)] * 32)),
    ]


class PE_CDMAParameter(Sequence):
    _fields = [
        ("cdma-header", PEHeader, at(0xA0)),
        ("authenticationKey", octets(8, 8), at(0x81)),
        ("ssd", octets(16, 16), at(0x82, OPTIONAL)),
        ("hrpdAccessAuthenticationData", octets(2, 32), at(0x83, OPTIONAL)),
        ("simpleIPAuthenticationData", octets(3, 483), at(0x84, OPTIONAL)),
        ("mobileIPAuthenticationData", octets(5, 957), at(0x85, OPTIONAL)),
    ]


class PINKeyReferenceValue(Integer):
    """INTEGER."""

    _map = {
        1: "pinAppl1",
        2: "pinAppl2",
        3: "pinAppl3",
        4: "pinAppl4",
        5: "pinAppl5",
        6: "pinAppl6",
        7: "pinAppl7",
        8: "pinAppl8",
        10: "adm1",
        11: "adm2",
        12: "adm3",
        13: "adm4",
        14: "adm5",
        129: "secondPINAppl1",
        130: "secondPINAppl2",
        131: "secondPINAppl3",
        132: "secondPINAppl4",
        133: "secondPINAppl5",
        134: "secondPINAppl6",
        135: "secondPINAppl7",
        136: "secondPINAppl8",
        138: "adm6",
        139: "adm7",
        140: "adm8",
        141: "adm9",
        142: "adm10",
    }


class PUKKeyReferenceValue(Integer):
    """INTEGER."""

    _map = {
        1: "pukAppl1",
        2: "pukAppl2",
        3: "pukAppl3",
        4: "pukAppl4",
        5: "pukAppl5",
        6: "pukAppl6",
        7: "pukAppl7",
        8: "pukAppl8",
        129: "secondPUKAppl1",
        130: "secondPUKAppl2",
        131: "secondPUKAppl3",
        132: "secondPUKAppl4",
        133: "secondPUKAppl5",
        134: "secondPUKAppl6",
        135: "secondPUKAppl7",
        136: "secondPUKAppl8",
    }


class PINConfiguration(Sequence):
    _fields = [
        ("keyReference", PINKeyReferenceValue, at(0x80)),
        ("pinValue", octets(8, 8), at(0x81)),
        ("unblockingPINReference", PUKKeyReferenceValue, at(0x82, OPTIONAL)),
        ("pinAttributes", UInt8, at(0x83, default=7)),
        ("maxNumOfAttemps-retryNumLeft", UInt8, at(0x84, default=51)),
    ]


class Pinconfig(SequenceOf, of=PINConfiguration, size=(1, 26)):
    """The type of `pinconfig`."""


class PinCodes(Choice):
    _alternatives = [
        ("pinconfig", Pinconfig, at(0xA0)),
        ("filePath", octets(0, 8), at(0x81)),
    ]


class PE_PINCodes(Sequence):
    _fields = [
        ("pin-Header", PEHeader, at(0xA0)),
        ("pinCodes", PinCodes, around(0xA1)),
    ]


class PUKConfiguration(Sequence):
    _fields = [
        ("keyReference", PUKKeyReferenceValue, at(0x80)),
        ("pukValue", octets(8, 8), at(0x81)),
        ("maxNumOfAttemps-retryNumLeft", UInt8, at(0x82, default=170)),
    ]


class PukCodes(SequenceOf, of=PUKConfiguration, size=(1, 16)):
    """The type of `pukCodes`."""


class PE_PUKCodes(Sequence):
    _fields = [
        ("puk-Header", PEHeader, at(0xA0)),
        ("pukCodes", PukCodes, at(0xA1)),
    ]

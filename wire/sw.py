"""Status words: names and what they mean.

Spec: ETSI TS 102 221 section 10.2; ISO/IEC 7816-4 section 5.6
"""

from enum import IntEnum


class SW(IntEnum):
    """Status words that a card of this project answers or an agent must understand."""

    OK = 0x9000
    TOOLKIT_BUSY = 0x9300
    NO_INFORMATION = 0x6200
    DATA_MAY_BE_CORRUPTED = 0x6281
    END_OF_FILE = 0x6282
    FILE_DEACTIVATED = 0x6283
    FILE_TERMINATED = 0x6285
    EXECUTION_ERROR = 0x6400
    NVM_CHANGED = 0x6500
    MEMORY_PROBLEM = 0x6581
    WRONG_LENGTH = 0x6700
    CLASS_FUNCTION_UNSUPPORTED = 0x6800
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    CHAINING_NOT_SUPPORTED = 0x6884
    INCOMPATIBLE_FILE_STRUCTURE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    REFERENCED_DATA_INVALIDATED = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    COMMAND_NOT_ALLOWED = 0x6986
    INCORRECT_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NOT_ENOUGH_MEMORY = 0x6A84
    INCORRECT_P1P2 = 0x6A86
    LC_INCONSISTENT = 0x6A87
    REFERENCED_DATA_NOT_FOUND = 0x6A88
    WRONG_P1P2 = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    TECHNICAL_PROBLEM = 0x6F00
    INCREASE_MAXIMUM = 0x9850
    WRONG_MAC = 0x9862
    SECURITY_CONTEXT_NOT_SUPPORTED = 0x9864
    KEY_FRESHNESS_FAILURE = 0x9865
    AUTHENTICATION_NO_MEMORY = 0x9866
    NO_MEMORY = 0x9867


_MEANINGS = {
    SW.OK: "normal ending of the command",
    SW.TOOLKIT_BUSY: "toolkit is busy, command not executed now",
    SW.NO_INFORMATION: "warning without further information, memory unchanged",
    SW.DATA_MAY_BE_CORRUPTED: "part of the returned data may be corrupted",
    SW.END_OF_FILE: "end of file or record reached before Le octets, or unsuccessful search",
    SW.FILE_DEACTIVATED: "selected file is deactivated",
    SW.FILE_TERMINATED: "selected file is in the termination state",
    SW.EXECUTION_ERROR: "execution error, memory unchanged",
    SW.NVM_CHANGED: "execution error, memory changed",
    SW.MEMORY_PROBLEM: "memory problem",
    SW.WRONG_LENGTH: "wrong length",
    SW.CLASS_FUNCTION_UNSUPPORTED: "function in CLA not supported",
    SW.CHANNEL_NOT_SUPPORTED: "logical channel not supported or not open",
    SW.SECURE_MESSAGING_NOT_SUPPORTED: "secure messaging not supported",
    SW.CHAINING_NOT_SUPPORTED: "command chaining not supported",
    SW.INCOMPATIBLE_FILE_STRUCTURE: "command incompatible with the file structure",
    SW.SECURITY_STATUS_NOT_SATISFIED: "security status not satisfied (a PIN or key must be verified first)",
    SW.AUTHENTICATION_BLOCKED: "authentication method blocked (no tries left)",
    SW.REFERENCED_DATA_INVALIDATED: "referenced data invalidated (PIN disabled)",
    SW.CONDITIONS_NOT_SATISFIED: "conditions of use not satisfied",
    SW.COMMAND_NOT_ALLOWED: "command not allowed (no EF selected)",
    SW.INCORRECT_DATA: "incorrect parameters in the data field",
    SW.FUNCTION_NOT_SUPPORTED: "function not supported, or no logical channel free",
    SW.NOT_FOUND: "file or application not found",
    SW.RECORD_NOT_FOUND: "record not found",
    SW.NOT_ENOUGH_MEMORY: "not enough memory space",
    SW.INCORRECT_P1P2: "incorrect parameters P1 and P2",
    SW.LC_INCONSISTENT: "Lc inconsistent with P1 and P2",
    SW.REFERENCED_DATA_NOT_FOUND: "referenced data not found (ISD-R: unknown or unsupported ES10 command)",
    SW.WRONG_P1P2: "wrong parameters P1 and P2 (offset outside the EF)",
    SW.INS_NOT_SUPPORTED: "instruction code not supported or invalid",
    SW.CLASS_NOT_SUPPORTED: "class not supported",
    SW.TECHNICAL_PROBLEM: "technical problem, no precise diagnosis",
    SW.INCREASE_MAXIMUM: "INCREASE cannot be performed, maximum value reached",
    SW.WRONG_MAC: "authentication error, incorrect MAC",
    SW.SECURITY_CONTEXT_NOT_SUPPORTED: "authentication error, security context not supported",
    SW.KEY_FRESHNESS_FAILURE: "key freshness failure",
    SW.AUTHENTICATION_NO_MEMORY: "authentication error, no memory space available",
    SW.NO_MEMORY: "authentication error, no memory space available in the key storage",
}


def is_success(sw: int) -> bool:
    """True for 9000 and for 91xx/92xx, where something is waiting but the command was executed."""
    return sw == SW.OK or sw >> 8 in (0x91, 0x92)


def describe(sw: int) -> str:
    """What a status word means; every value has an answer, an unknown one is called by its class."""
    high, low = sw >> 8, sw & 0xFF
    if sw in _MEANINGS:
        return _MEANINGS[SW(sw)]
    if high == 0x61:
        return f"{low or 'at least 256'} octets of response wait for GET RESPONSE"
    if high == 0x6C:
        return f"wrong Le, repeat the command with Le {low:02X}"
    if high == 0x91:
        return f"normal ending, a proactive command of {low} octets waits for FETCH"
    if high == 0x92:
        return "normal ending, with information on an ongoing data transfer session"
    if sw & 0xFFF0 == 0x63C0:
        tries = sw & 0x0F
        return f"verification failed, {tries} {'try' if tries == 1 else 'tries'} left"
    if 0x62F1 <= sw <= 0x62F3:
        return "warning, more data available"
    classes = {
        0x62: "warning, memory unchanged",
        0x63: "warning, memory changed",
        0x64: "execution error, memory unchanged",
        0x65: "execution error, memory changed",
        0x66: "security issue",
        0x68: "function in CLA not supported",
        0x69: "command not allowed",
        0x6A: "wrong parameters",
        0x6F: "technical problem",
    }
    return classes.get(high, "unknown status word") + f" ({sw:04X})"

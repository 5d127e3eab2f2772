"""Any table: parameters, or a ParameterError that names a key."""

from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from smdp.profiles import ParameterError, ProfileParameters, build_package, from_table, metadata

GOOD: dict[str, Any] = {
    "iccid": "89000123456789012341",
    "imsi": "001010123456789",
    "k": "00" * 16,
    "opc": "00" * 16,
}
LEAVES = st.one_of(
    st.text(st.characters(), max_size=20),
    st.text(st.characters(categories=["Cs", "Cc"]), min_size=1, max_size=2),
    st.text("0123456789abcdef", max_size=64),
    st.sampled_from(["milenage", "tuak", "xor", "test", "operational", "A", "ppr1", "00" * 16, "11" * 32]),
    st.integers(),
    st.booleans(),
    st.floats(),
)
INNER = st.sampled_from(["address", "events", "keys", "scheme", "identifier", "public_key", "routing_indicator"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3))
NAMES = st.sampled_from([field.name for field in fields(ProfileParameters)])


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_parameters_or_a_named_refusal(table: dict[str, Any]) -> None:
    refused = ""
    try:
        parameters = from_table(GOOD | table)
        assert build_package(parameters)
        assert metadata(parameters, "smdp.example.com")
    except ParameterError as error:
        refused = error.field.split(".")[0]
    assert refused in {"", *(field.name for field in fields(ProfileParameters))}

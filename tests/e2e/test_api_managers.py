"""ProfileManager and DeviceManager from Python, without the API: the same verbs, hooks, and a real card."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.agent import open_agent
from lab.background import ServerProcess
from lab.card_view import card_view
from lab.database import open_desk
from lab.inventory import add_profile, fresh_parameters, profile_from_table
from lab.managers import Code, CodeTerms, Management, ManagementError, NewProfile, open_management
from lab.managers.cards import Cards
from lab.store.records import Change, Operation, OperationState, ProfileState
from lab.trace import NoTrace
from lpa.core.procedures.profiles import delete
from lpa.user import ScriptedUser
from tests.support.api import INFO, eid, iccid, make_lab
from wire.ids import Eid, Iccid


@pytest.fixture(scope="module")
def told() -> list[Change]:
    return []


@pytest.fixture(scope="module")
def management(tmp_path_factory: pytest.TempPathFactory, told: list[Change]) -> Iterator[Management]:
    lab, _ = make_lab(Path(tmp_path_factory.mktemp("managers") / "lab"))

    def broken(_: Change) -> None:
        raise RuntimeError("a hook's defect is its own")

    server = ServerProcess(lab.path, ("--no-api", "--no-trace"))
    with server, open_management(lab, hooks=[broken, told.append]) as opened:
        yield opened


def new(number: int, device: int, **changes: Any) -> NewProfile:
    values: dict[str, Any] = {"iccid": iccid(number), "eid": eid(device), "profile_type": "OPERATIONAL"}
    return NewProfile(**{**values, "mno": "Example", "metadata": {"name": "Plan"}, **changes})


def done(management: Management, operation: Operation) -> Operation:
    ended = management.operations.wait(operation.operation_id)
    assert ended.state is OperationState.SUCCEEDED, ended.error
    return ended


def test_the_verbs(management: Management, told: list[Change]) -> None:
    profiles, devices = management.profiles, management.devices
    devices.register_device(eid(1), INFO)
    assert devices.check_compatibility(eid(1)).compatible
    profiles.create_profile(new(1, 1))
    code = profiles.generate_activation_code(iccid(1), CodeTerms(max_uses=2))
    assert code.remaining_uses == 2
    done(management, profiles.download_profile(activation_code=code.activation_code))
    done(management, profiles.enable_profile(iccid(1)))
    assert [one.state for one in devices.get_available_profiles(eid(1))] == [ProfileState.ENABLED]
    done(management, profiles.disable_profile(iccid(1)))
    done(management, profiles.enable_profile(iccid(1)))
    done(management, profiles.delete_profile(iccid(1)))
    assert devices.get_available_profiles(eid(1)) == []
    assert card_view(management.lab, eid(1))["profiles"] == []
    states = [(str(change.type), str(change.after)) for change in told if change.iccid == iccid(1)]
    assert [state for kind, state in states if kind.startswith("profile.")] == [
        "CREATED",
        "DOWNLOADED",
        "INSTALLED",
        "ENABLED",
        "DISABLED",
        "ENABLED",
        "DISABLED",
        "DELETED",
    ]
    numbers = [change.number for change in told]
    assert sorted(set(numbers)) == numbers


def test_what_else_happened_to_the_card_is_noticed(management: Management) -> None:
    """Somebody deletes a profile with another agent: the next operation on the card finds out."""
    management.devices.register_device(eid(2), INFO)
    for number in (20, 21):
        management.profiles.create_profile(new(number, 2))
        done(management, management.profiles.download_profile(iccid(number)))
    with open_agent(management.lab, eid(2), ScriptedUser(), NoTrace()) as agent:
        agent.run(delete(agent.settings, Iccid(iccid(20))))
    done(management, management.profiles.enable_profile(iccid(21)))
    assert management.profiles.get_profile(iccid(20)).state is ProfileState.DELETED
    assert management.profiles.get_profile(iccid(21)).state is ProfileState.ENABLED


def test_a_queue_for_each_card(management: Management) -> None:
    management.devices.register_device(eid(3), INFO)
    operations = []
    for number in range(30, 35):
        management.profiles.create_profile(new(number, 3))
        operations.append(management.profiles.download_profile(iccid(number)))
    assert all(done(management, operation).result for operation in operations)
    with pytest.raises(ManagementError) as refused:
        management.profiles.download_profile(iccid(30))
    assert refused.value.code is Code.OPERATION_NOT_PERMITTED


def test_an_imported_profile_is_taken_as_it_is(management: Management) -> None:
    parameters = fresh_parameters()
    with open_desk(management.lab) as desk:
        add_profile(desk.store, *profile_from_table(parameters, Path(), management.lab.public_address()))
    management.devices.register_device(eid(4), INFO)
    management.profiles.create_profile(new(0, 4, iccid=parameters["iccid"], mno="Adopted"))
    done(management, management.profiles.download_profile(parameters["iccid"]))
    (found,) = card_view(management.lab, eid(4))["profiles"]
    assert (found["service_provider_name"], found["name"]) == ("Adopted", "Plan")


def test_an_expired_code_and_a_new_one(management: Management) -> None:
    management.devices.register_device(eid(5), INFO)
    soon = datetime.now(UTC) + timedelta(milliseconds=20)
    management.profiles.create_profile(new(50, 5, terms=CodeTerms(expires_at=soon)))
    while datetime.now(UTC) <= soon:
        pass
    failed = management.operations.wait(management.profiles.download_profile(iccid(50)).operation_id)
    assert failed.state is OperationState.FAILED
    assert failed.error is not None
    assert failed.error["error"] == Code.INVALID_ACTIVATION_CODE
    assert failed.error["details"]["subjectCode"] == "8.8.5"
    assert management.profiles.get_profile(iccid(50)).state is ProfileState.CREATED
    management.profiles.generate_activation_code(iccid(50))
    done(management, management.profiles.download_profile(iccid(50)))


def test_no_card_can_be_made_outside_the_range(management: Management) -> None:
    with pytest.raises(ManagementError) as refused:
        management.devices.register_device("89044045930000000000001492294428", INFO)
    assert refused.value.code is Code.INVALID_EID
    with pytest.raises(ManagementError):
        management.devices.register_device(eid(9), INFO, reader="pcsc:no such reader")
    assert Cards(management.lab, NoTrace(), 1.0).find_or_make(Eid(eid(1))) == eid(1)

"""/devices."""

from lab.api import models
from lab.api.pagination import page_of
from lab.api.queries import CompatibilityQuery, Page
from lab.api.routing import Answer, Call, Route
from lab.api.views import device_out, etag, profile_out
from lab.managers.devices import Compatibility
from lab.managers.errors import Code
from lab.store.records import DeviceRecord

_TAG = "Devices"


def register_device(call: Call) -> Answer:
    """Register a device; an EID of the lab's range gets a simulated card."""
    new: models.NewDeviceIn = call.body
    device = call.management.devices.register_device(new.eid, new.deviceInfo.model_dump(), new.reader or "", call.actor)
    body = models.DeviceRegistered(deviceId=device.device_id, registrationDate=device.registered_at)
    return Answer(body, headers={"Location": f"/api/v1/esim/devices/{device.eid}", **etag(device.version)})


def get_device(call: Call) -> Answer:
    """The device."""
    device = call.management.devices.get_device(call.path["eid"])
    return Answer(device_out(device), headers=etag(device.version))


def list_devices(call: Call) -> Answer:
    """Devices, in the order in which they were registered."""
    found, cursor = page_of(call.management.ledger, DeviceRecord, call.query)
    return Answer(models.DeviceList(devices=[device_out(device) for device in found], nextCursor=cursor))


def list_device_profiles(call: Call) -> Answer:
    """The profiles for the device."""
    found = call.management.devices.get_available_profiles(call.path["eid"])
    return Answer(models.DeviceProfiles(profiles=[profile_out(profile) for profile in found]))


def check_compatibility(call: Call) -> Answer:
    """May the device have such a profile, or this one?"""
    wanted: models.CompatibilityIn = call.body
    return _compatibility(
        call.management.devices.check_compatibility(call.path["eid"], wanted.profileType, wanted.features, wanted.iccid)
    )


def get_compatibility(call: Call) -> Answer:
    """May the device have a profile of this type?"""
    query: CompatibilityQuery = call.query
    return _compatibility(call.management.devices.check_compatibility(call.path["eid"], query.profileType))


def _compatibility(found: Compatibility) -> Answer:
    body = models.CompatibilityOut(
        compatible=found.compatible,
        reasons=found.reasons,
        supportedFeatures=found.supported_features,
        restrictions=models.Restrictions(**found.restrictions),
    )
    return Answer(body)


_ASKING = (Code.INVALID_EID, Code.PROFILE_NOT_FOUND, Code.NETWORK_ERROR, Code.OPERATION_NOT_PERMITTED)
ROUTES = (
    Route(
        "POST",
        "/devices",
        register_device,
        "Register a device",
        "devices:write",
        _TAG,
        models.DeviceRegistered,
        body=models.NewDeviceIn,
        status=201,
        refusals=(Code.INVALID_EID, Code.OPERATION_NOT_PERMITTED),
        limit="device_registration",
        etag=True,
    ),
    Route("GET", "/devices", list_devices, "List devices", "devices:read", _TAG, models.DeviceList, query=Page),
    Route(
        "GET",
        "/devices/{eid}",
        get_device,
        "Show a device",
        "devices:read",
        _TAG,
        models.DeviceOut,
        refusals=(Code.INVALID_EID,),
        etag=True,
    ),
    Route(
        "GET",
        "/devices/{eid}/profiles",
        list_device_profiles,
        "List a device's profiles",
        "devices:read",
        _TAG,
        models.DeviceProfiles,
        refusals=(Code.INVALID_EID,),
    ),
    Route(
        "POST",
        "/devices/{eid}/check-compatibility",
        check_compatibility,
        "Check whether a profile fits",
        "devices:read",
        _TAG,
        models.CompatibilityOut,
        body=models.CompatibilityIn,
        body_optional=True,
        refusals=_ASKING,
    ),
    Route(
        "GET",
        "/devices/{eid}/compatibility",
        get_compatibility,
        "Check whether a type of profile fits",
        "devices:read",
        _TAG,
        models.CompatibilityOut,
        query=CompatibilityQuery,
        refusals=_ASKING,
    ),
)

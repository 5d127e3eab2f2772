"""The management of profiles and devices, usable without HTTP.

    with open_management(lab) as management:
        management.devices.register_device(eid, info)
        profile = management.profiles.create_profile(...)
        operation = management.profiles.download_profile(profile.iccid)
        management.operations.wait(operation.operation_id)

| module | what |
|---|---|
| `states.py` | the life of a profile as a table |
| `profiles.py` | `ProfileManager`: create_profile, generate_activation_code, download/enable/disable/delete_profile |
| `devices.py` | `DeviceManager`: register_device, check_compatibility, get_available_profiles |
| `orders.py` | the SM-DP+ side: inventory, orders, activation codes |
| `cards.py` | which card is a device's, and that one operation at a time uses it |
| `operations.py` | `Operations`: durable operations, carried out in threads, recovered after a crash |
| `execution.py` | one operation, from its card to the states that follow |
| `procedures.py` | what each operation does to the card, through the LPA |
| `hooks.py` | entry points `rsplab.hooks`, called with every change |
| `errors.py` | `ManagementError` with the API's codes |

What they keep is in `lab.store`: every change is an event in the same transaction (`lab.store.feed` reads them).
"""

from lab.managers.devices import Compatibility, DeviceManager
from lab.managers.errors import Code, ManagementError
from lab.managers.management import Management, open_management
from lab.managers.operations import Operations
from lab.managers.orders import CodeTerms, IssuedCode
from lab.managers.profiles import NewProfile, ProfileManager

__all__ = [
    "Code",
    "CodeTerms",
    "Compatibility",
    "DeviceManager",
    "IssuedCode",
    "Management",
    "ManagementError",
    "NewProfile",
    "Operations",
    "ProfileManager",
    "open_management",
]

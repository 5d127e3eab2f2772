"""Profile packages and their metadata: build from parameters, read, personalise, describe.

`ProfileParameters` (or `from_table` for a TOML table) -> `build_package` -> a profile package (UPP, DER);
`read_package` looks into any package, `personalise` changes its identity, `metadata` makes StoreMetadataRequest.
"""

from smdp.profiles.errors import PackageError, ParameterError
from smdp.profiles.metadata import metadata
from smdp.profiles.package import build_package
from smdp.profiles.parameters import ProfileParameters
from smdp.profiles.personalise import personalise
from smdp.profiles.reader import PackageInfo, read_package
from smdp.profiles.table import from_table
from smdp.profiles.values import Algorithm, NotificationRecipient, Suci, SuciKey, SuciScheme

__all__ = [
    "Algorithm",
    "NotificationRecipient",
    "PackageError",
    "PackageInfo",
    "ParameterError",
    "ProfileParameters",
    "Suci",
    "SuciKey",
    "SuciScheme",
    "build_package",
    "from_table",
    "metadata",
    "personalise",
    "read_package",
]

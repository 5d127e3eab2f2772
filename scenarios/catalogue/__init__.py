"""The catalogue: `load()` imports every module below and so registers every scenario.

Packages are the interface groups (smdp, euicc, lpa, smds, tls, e2e, regression), modules their functions.
"""

import importlib
import pkgutil


def load() -> None:
    """Register the whole catalogue, in the order of the modules' names."""
    for module in sorted(pkgutil.walk_packages(__path__, f"{__name__}."), key=lambda found: found.name):
        importlib.import_module(module.name)

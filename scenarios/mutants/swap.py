"""Break a loaded module in place where only functions change: their code is exchanged, and nothing has to be imported
again."""

import dis
import sys
from types import CodeType, FunctionType

from scenarios.mutants.model import Mutant, path_of


class NotInPlace(Exception):
    """More than functions has changed, or one of them can't be found: the module has to be loaded anew."""


def swap(mutant: Mutant) -> None:
    """Exchange the code of every function that the mutation changes; NotInPlace."""
    path = path_of(mutant.module)
    module = sys.modules[mutant.module]
    before = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    after = compile(mutant.source(), str(path), "exec")
    changed = _changed(before, after)
    used = {one.argval for one in dis.get_instructions(before) if one.opname == "LOAD_NAME"}
    if used & {code.co_name for code in changed}:
        raise NotInPlace("a function that is called while the module is loaded")
    changes = [(_function(module, new.co_qualname), new) for new in changed]
    for function, code in changes:
        if len(function.__code__.co_freevars) != len(code.co_freevars):
            raise NotInPlace(code.co_qualname)
    for function, code in changes:
        function.__code__ = code


def _changed(before: CodeType, after: CodeType) -> list[CodeType]:
    """The functions whose code differs; `before` and `after` are of a module or class."""
    if _plain(before) != _plain(after):
        raise NotInPlace(after.co_qualname)
    changed: list[CodeType] = []
    for old, new in zip(_codes(before), _codes(after), strict=True):
        if _essence(old) == _essence(new):
            continue
        is_function = bool(new.co_flags & 0x02)  # CO_NEWLOCALS
        changed += [new] if is_function else _changed(old, new)
    return changed


def _codes(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _plain(code: CodeType) -> tuple[object, ...]:
    """What is executed, apart from the functions and classes inside."""
    constants = tuple(type(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts)
    return code.co_code, code.co_names, constants, code.co_qualname


def _essence(code: CodeType) -> tuple[object, ...]:
    return *_plain(code), code.co_varnames, tuple(_essence(one) for one in _codes(code))


def _function(module: object, qualname: str) -> FunctionType:
    found = module
    for name in qualname.split("."):
        found = vars(found).get(name) if hasattr(found, "__dict__") else None
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
        elif isinstance(found, property):
            found = found.fget
        found = getattr(found, "__wrapped__", found)
    if not isinstance(found, FunctionType):
        raise NotInPlace(qualname)
    return found

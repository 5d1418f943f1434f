"""A machine for pickles that can call nothing: opcodes in, values out. Standard library only.

Python's own ``pickle`` imports and calls whatever a file names. Here a name stays a name, and what
it stands for is looked up in a table that the caller gives.
"""

import mmap
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

Call = Callable[..., Any]
DAMAGE = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, MemoryError)
"""What comes of opcodes that do not fit together."""
LARGE = 4096
"""Bytes from which a string stays in the file until it is needed."""


class PickleError(Exception):
    """A pickle that is damaged, or asks for more than values."""


@dataclass(frozen=True)
class Name:
    """What a pickle names to be imported, such as ``numpy.dtype``; it is not."""

    name: str


@dataclass(frozen=True)
class FileBytes:
    """Bytes that stay in the mapped file."""

    file: mmap.mmap
    start: int
    length: int

    def __len__(self) -> int:
        return self.length


@dataclass
class Opaque:
    """An object of a class that is not there: what it was made from, as plain values."""

    name: str
    arguments: tuple[Any, ...] = ()
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)

    def restore(self, state: object) -> None:
        """Take what the class would have been given."""
        self.state = state

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class Machine:
    """A pickle interpreter that calls only what is listed.

    Attributes:
        calls: Callable that replaces each global name, called with the pickle's arguments.
        opaque: True to turn other names into ``Opaque``; False to refuse them.
        load: Function that resolves a persistent ID; None if the pickle may have none.
    """

    calls: Mapping[str, Call]
    opaque: bool = False
    load: Call | None = None

    def run(self, file: mmap.mmap) -> Any:  # noqa: ANN401 - a pickle holds anything
        """The value of the pickle at the file's position, which moves behind it.

        Raises:
            PickleError: The pickle is damaged, or asks for what it may not use.
        """
        stack = _Stack(self, file)
        position = file.tell()
        try:
            for opcode, argument, at in pickletools.genops(cast("IO[bytes]", file)):
                position = cast("int", at)
                if opcode.name == "STOP":
                    return stack.values.pop()
                stack.step(opcode.name, argument, position)
        except PickleError as error:
            raise PickleError(f"{error} at byte {position}") from None
        except (
            ValueError,
            IndexError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
        ) as error:
            reason = " ".join(str(error).split())
            raise PickleError(f"it is damaged after byte {position} ({reason})") from None
        raise PickleError("it has no end")


class _Stack:
    """The values of one run."""

    def __init__(self, machine: Machine, file: mmap.mmap) -> None:
        self.machine, self.file = machine, file
        self.values: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def step(self, opcode: str, argument: Any, at: int) -> None:  # noqa: ANN401
        """Do one opcode."""
        if opcode in SIZES and len(argument) >= LARGE:
            self.values.append(FileBytes(self.file, at + 1 + SIZES[opcode], len(argument)))
        elif opcode in CONSTANTS:
            self.values.append(CONSTANTS[opcode]())
        elif opcode in GIVEN:
            self.values.append(argument)
        elif opcode in STEPS:
            STEPS[opcode](self, argument)
        elif opcode not in IGNORED:
            raise PickleError(f"it uses {opcode}, which no file of plain values does,")

    def marked(self) -> list[Any]:
        """The values since the last mark."""
        values, self.values = self.values, self.below.pop()
        return values

    def call(self, target: object, arguments: tuple[Any, ...]) -> None:
        """Put what a name makes of its arguments."""
        if isinstance(target, Name) and target.name in RECONSTRUCTORS:
            target, arguments = arguments[0], ()
        if not isinstance(target, Name | Opaque):
            raise PickleError("it calls what is no name")
        if target.name in self.machine.calls:
            self.values.append(self.machine.calls[target.name](*arguments))
        elif self.machine.opaque:
            self.values.append(Opaque(target.name, arguments))
        else:
            raise PickleError(f"it asks for {target.name!r}, which is no plain value,")

    def remember(self, key: int) -> None:
        """Keep the last value for later."""
        self.memo[key] = self.values[-1]


def _set_items(stack: _Stack, pairs: list[Any]) -> None:
    target = stack.values[-1]
    table = target.items if isinstance(target, Opaque) else target
    table.update(zip(pairs[::2], pairs[1::2], strict=True))


def _append(stack: _Stack, values: list[Any]) -> None:
    target = stack.values[-1]
    if isinstance(target, set):
        target.update(values)
    elif isinstance(target, list):
        target.extend(values)
    elif not isinstance(target, Opaque):
        raise PickleError("it appends to what is no list")


def _build(stack: _Stack, _: object) -> None:
    state = stack.values.pop()
    restore = getattr(stack.values[-1], "restore", None)
    if restore is None:
        raise PickleError("it gives a plain value a state")
    restore(state)


def _reduce(stack: _Stack, _: object) -> None:
    arguments = stack.values.pop()
    stack.call(stack.values.pop(), tuple(arguments))


def _instance(stack: _Stack, name: str) -> None:
    stack.call(Name(name.replace(" ", ".")), tuple(stack.marked()))


def _object(stack: _Stack, _: object) -> None:
    target, *arguments = stack.marked()
    stack.call(target, tuple(arguments))


def _new_with_keywords(stack: _Stack, _: object) -> None:
    keywords, arguments = stack.values.pop(), stack.values.pop()
    if keywords:
        raise PickleError("it makes an object by keywords")
    stack.call(stack.values.pop(), tuple(arguments))


def _stack_global(stack: _Stack, _: object) -> None:
    name, module = stack.values.pop(), stack.values.pop()
    stack.values.append(Name(f"{module}.{name}"))


def _persistent(stack: _Stack, key: object) -> None:
    if stack.machine.load is None:
        raise PickleError("it refers to another file")
    stack.values.append(stack.machine.load(key))


def _mark(stack: _Stack, _: object) -> None:
    stack.below.append(stack.values)
    stack.values = []


def _dict(stack: _Stack, _: object) -> None:
    pairs = stack.marked()
    stack.values.append({})
    _set_items(stack, pairs)


def _collected(kind: Callable[[list[Any]], Any]) -> Callable[[_Stack, Any], None]:
    def step(stack: _Stack, _: object) -> None:
        values = kind(stack.marked())
        stack.values.append(values)

    return step


def _tuple_of(count: int) -> Callable[[_Stack, Any], None]:
    def step(stack: _Stack, _: object) -> None:
        stack.values[-count:] = [tuple(stack.values[-count:])]

    return step


SIZES = {"BINSTRING": 4, "BINBYTES": 4, "BINBYTES8": 8, "BYTEARRAY8": 8}
"""Opcode of bytes -> bytes of the length before them."""
IGNORED = ("PROTO", "FRAME")
RECONSTRUCTORS = ("copy_reg._reconstructor", "copyreg._reconstructor")
"""What protocols 0 and 1 make objects by: of a class, its base and the base's state."""
CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
GIVEN = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
"""Opcodes whose argument is the value."""
STEPS: dict[str, Callable[[_Stack, Any], object]] = {
    "MARK": _mark,
    "POP": lambda stack, _: stack.values.pop() if stack.values else stack.marked(),
    "POP_MARK": lambda stack, _: stack.marked(),
    "DUP": lambda stack, _: stack.values.append(stack.values[-1]),
    "LIST": _collected(list),
    "APPEND": lambda stack, _: _append(stack, [stack.values.pop()]),
    "APPENDS": lambda stack, _: _append(stack, stack.marked()),
    "ADDITEMS": lambda stack, _: _append(stack, stack.marked()),
    "TUPLE": _collected(tuple),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "DICT": _dict,
    "SETITEM": lambda stack, _: _set_items(stack, [stack.values.pop(-2), stack.values.pop()]),
    "SETITEMS": lambda stack, _: _set_items(stack, stack.marked()),
    "FROZENSET": _collected(frozenset),
    "GLOBAL": lambda stack, name: stack.values.append(Name(name.replace(" ", "."))),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "NEWOBJ_EX": _new_with_keywords,
    "INST": _instance,
    "OBJ": _object,
    "BUILD": _build,
    "PERSID": _persistent,
    "BINPERSID": lambda stack, _: _persistent(stack, stack.values.pop()),
    **dict.fromkeys(
        ("GET", "BINGET", "LONG_BINGET"),
        lambda stack, key: stack.values.append(stack.memo[int(key)]),
    ),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda stack, key: stack.remember(int(key))),
    "MEMOIZE": lambda stack, _: stack.remember(len(stack.memo)),
}
"""Opcode -> what it does."""

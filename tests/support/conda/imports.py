"""Which packages a stage can import, found by reading its code. Runs none of it."""

import ast
import functools
import re
import sys

from tests.support.running import ROOT

TARGET = re.compile(r'"(teachtext(?:\.\w+)+):\w+"')
"""How the catalog names a class that the ``load_`` function of a registry imports."""


def third_party_modules(module):
    """Top-level names of what a module of ours and all that it reaches import, lazily too."""
    reached, left = set(), {module}
    while left:
        unit = left.pop()
        reached.add(unit)
        left |= {name for name in _named_in(unit) if _is_ours(name)} - reached
    named = {name.split(".")[0] for unit in reached for name in _named_in(unit)}
    return named - set(sys.stdlib_module_names) - {"teachtext"}


@functools.cache
def _named_in(unit):
    """Modules that the code of a module names; of one with a registry, without ``load_``.

    ``module:load_x`` is that function alone, and what the catalog has for its package.
    """
    module, _, loader = unit.partition(":")
    code = _path(module).read_text()
    registry = module.endswith(".registry")
    parts = [part for part in ast.parse(code).body if not (registry and _is_loader(part))]
    if loader:
        parts = [part for part in ast.parse(code).body if getattr(part, "name", "") == loader]
    named = {name for part in parts for node in _nodes(part) for name in _names(node)}
    package = f"{module.rpartition('.')[0]}."
    resolves = loader or ("resolve_name(" in code and not registry)
    targets = TARGET.findall(_path("teachtext.config.catalog").read_text()) if resolves else []
    return named | _packages(module) | {target for target in targets if target.startswith(package)}


def _is_loader(node):
    return isinstance(node, ast.FunctionDef) and node.name.startswith("load_")


def _nodes(tree):
    """All nodes that run; not what is there for type checkers."""
    if not (isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING"):
        yield tree
        for child in ast.iter_child_nodes(tree):
            yield from _nodes(child)


def _names(node):
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(str(module), names) if _is_ours(module):
            inside = [f"{module}{join}{alias.name}" for alias in names for join in ".:"]
            return [module, *filter(_is_ours, inside)]
        case ast.ImportFrom(str(module)):
            return [module]
        case ast.Call(ast.Name("package_folder"), [ast.Constant(str(package)), *_]):
            return [package]
    return []


def _packages(module):
    """Those that a module is in, which are imported before it."""
    parts = module.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def _is_ours(name):
    module, _, loader = name.partition(":")
    is_module = module.split(".")[0] == "teachtext" and _path(module).exists()
    return is_module and (not loader or loader.startswith("load_"))


def _path(module):
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

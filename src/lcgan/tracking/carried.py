"""The code that travels with a registered model, so that it loads where there is no `lcgan`."""

import ast
from pathlib import Path

import lcgan

PACKAGE = lcgan.__name__
ROOT = Path(lcgan.__file__).parent
#: Appended to each carried ``__init__.py``: where `lcgan` is installed as well, what the model
#: does not carry is still found there.
EXTEND = """
from pkgutil import extend_path  # noqa: E402

__path__ = extend_path(__path__, __name__)
"""


def modules_behind(module: str) -> list[str]:
    """Return a module of this package and all of this package that it imports, sorted.

    Imports inside functions count. Parents are named too: importing ``lcgan.a.b`` runs
    ``lcgan`` and ``lcgan.a``.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [name.rpartition(".")[0]] if "." in name else []
        tree = ast.parse(_file_of(name).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names if _ours(alias.name)]
            elif isinstance(node, ast.ImportFrom) and _ours(node.module or ""):
                waiting.append(node.module)
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                waiting += [name for name in inner if _is_module(name)]
    return sorted(found)


def copy_to(folder: Path, module: str) -> Path:
    """Copy a module and what it imports of this package below `folder`; return the copy."""
    for name in modules_behind(module):
        source = _file_of(name)
        package = source.name == "__init__.py"
        inside = Path(*name.split("."))
        target = folder / (inside / "__init__.py" if package else inside.with_suffix(".py"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text() + (EXTEND if package else ""))
    return folder / PACKAGE


def _ours(module: str) -> bool:
    return module.split(".")[0] == PACKAGE


def _is_module(name: str) -> bool:
    try:
        return _file_of(name).is_file()
    except ModuleNotFoundError:
        return False


def _file_of(module: str) -> Path:
    """Return the file of one of this package's modules without importing it."""
    inside = ROOT.joinpath(*module.split(".")[1:])
    for file in (inside / "__init__.py", inside.with_suffix(".py")):
        if file.is_file():
            return file
    raise ModuleNotFoundError(f"no module named {module!r}", name=module)

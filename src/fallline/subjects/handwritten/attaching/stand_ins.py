"""Stand-ins for modules that draw pictures or show progress, where a program imports one that is not installed here.

What such a module does has no part in a network's arithmetic, so a program that imports one can be examined without it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_NAMES = frozenset({
    "matplotlib", "pylab", "mpl_toolkits", "seaborn", "plotly", "bokeh", "altair", "pygal", "graphviz", "pydot",
    "networkx", "tqdm", "progressbar", "alive_progress", "rich", "tabulate", "termcolor", "colorama", "prettytable",
    "IPython", "tkinter", "turtle", "pygame", "tensorboardX", "wandb", "visdom", "streamlit",
})  # fmt: skip


class Nothing:
    """Takes every call, attribute and index, and does nothing."""

    def __getattr__(self, name: str) -> Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Nothing:
        """Do nothing."""
        return self

    def __getitem__(self, _: Any) -> Nothing:
        return self

    def __setitem__(self, _: Any, __: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Nothing]:
        return iter((self, self))  # `figure, axes = plt.subplots()`

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __deepcopy__(self, _: dict[int, Any]) -> Nothing:
        return self


def _through(values: Iterable[Any] = (), *_: Any, **__: Any) -> Iterable[Any]:
    return values


def _counted(*limits: int, **_: Any) -> range:
    return range(*limits)


class _Module(types.ModuleType):
    """A module in which every name is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        passed = {"tqdm": _through, "tqdm_notebook": _through, "progressbar": _through, "track": _through,
                  "alive_it": _through, "trange": _counted, "tnrange": _counted, "colored": _through}  # fmt: skip
        return passed.get(name, _NOTHING)


_NOTHING = Nothing()


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what no other finder does; `used` has the names of the packages that it stood in for."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def remove(self) -> None:
        """Find nothing any more, and forget the modules that were made."""
        sys.meta_path.remove(self)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _Module)]:
            del sys.modules[name]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a specification for a package that draws or shows progress."""
        name = fullname.split(".")[0]
        if name not in _NAMES or (name in sys.modules and not isinstance(sys.modules[name], _Module)):
            return None
        self.used.add(name)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Return a module in which every name is there."""
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave the module as it is."""


def stand_in() -> StandIns:
    """Have stand-ins for what is not installed in this process from now on, and return what finds them."""
    found = StandIns()
    sys.meta_path.append(found)
    return found

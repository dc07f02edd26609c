"""Each use case stands alone in its file, is composed, and says everything that it raises."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import pytest

import pip_hub.application
from pip_hub.domain import errors
from pip_hub.domain.errors import PipHubError
from pip_hub.entrypoints.use_cases import UseCases

ERRORS: dict[str, type[PipHubError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, PipHubError)
}


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(pip_hub.application.__path__, f"{pip_hub.application.__name__}."):
        yield importlib.import_module(found.name)


def own_classes(module: ModuleType) -> list[type]:
    return [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]


def acts(kind: type) -> bool:
    return inspect.iscoroutinefunction(vars(kind).get("__call__"))


ACTIONS = [kind for module in modules() for kind in own_classes(module) if acts(kind)]
"""The use cases, and the shared steps that are called like one."""


def documented(docstring: str | None) -> set[str]:
    """The names that a `Raises:` section begins its entries with."""
    section = re.search(r"^Raises:\n(.*?)(?=\n\s*\n|\Z)", docstring or "", re.DOTALL | re.MULTILINE)
    entries = re.findall(r"^ {4}((?:\w+,\s+)*\w+):", section.group(1), re.MULTILINE) if section else []
    return {name for entry in entries for name in re.split(r",\s+", entry)}


def promised_by_helpers(module: ModuleType) -> set[str]:
    """What the application's own functions and classes that a module imports say they raise."""
    promised: set[str] = set()
    for helper in vars(module).values():
        origin = getattr(helper, "__module__", None) or ""
        if origin.startswith("pip_hub.application.") and origin != module.__name__ and ".ports." not in origin:
            parts = list(vars(helper).values()) if isinstance(helper, type) else []
            for part in [helper, *parts]:
                promised |= documented(inspect.getdoc(getattr(part, "__func__", part)))
    return promised


def raised_by(action: type, module: ModuleType) -> set[str]:
    """Every error that an action or a function beside it makes, which is every one that they name outside `except`."""
    tree = ast.parse(inspect.getsource(module))
    tree.body = [part for part in tree.body if not isinstance(part, ast.ClassDef) or part.name == action.__name__]
    caught = {id(name) for name in caught_in(tree)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in caught}
    return names & ERRORS.keys()


def caught_in(tree: ast.AST) -> list[ast.Name]:
    """The names that `except` and `suppress` name."""
    places: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            places.append(node.type)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "contextlib.suppress":
            places.extend(node.args)
    return [name for place in places for name in ast.walk(place) if isinstance(name, ast.Name)]


def let_through(module: ModuleType, names: set[str]) -> set[str]:
    """Those of the errors that nothing in the module catches."""
    tree = ast.parse(inspect.getsource(module))
    caught = tuple(ERRORS[name.id] for name in caught_in(tree) if name.id in ERRORS)
    return {name for name in names if not issubclass(ERRORS[name], caught)}


def test_there_is_one_action_to_a_file() -> None:
    files = [kind.__module__ for kind in ACTIONS]

    assert files
    assert len(files) == len(set(files))


def test_every_action_is_composed() -> None:
    composed = {provider.cls for provider in UseCases.providers.values() if hasattr(provider, "cls")}

    assert set(ACTIONS) <= composed


@pytest.mark.parametrize("action", ACTIONS, ids=lambda kind: kind.__name__)
def test_an_action_says_everything_that_it_raises_and_names_nothing_that_does_not_exist(action: type) -> None:
    module = importlib.import_module(action.__module__)
    said = documented(inspect.getdoc(action))

    assert said <= ERRORS.keys()
    kinds = tuple(ERRORS[name] for name in said)
    for name in raised_by(action, module) | let_through(module, promised_by_helpers(module) & ERRORS.keys()):
        assert issubclass(ERRORS[name], kinds), f"{action.__name__} does not say that it raises {name}"


def test_a_raises_section_is_read_entry_by_entry() -> None:
    docstring = """Do it.

    Raises:
        NotSignedIn: there is no live session. Not an entry: but a sentence
            that goes on.
        UnknownConnector, ConnectorUnavailable,
        LevelNotOffered: nothing to connect.

    Nothing: more.
    """

    assert documented(inspect.cleandoc(docstring)) == {
        "NotSignedIn",
        "UnknownConnector",
        "ConnectorUnavailable",
        "LevelNotOffered",
    }

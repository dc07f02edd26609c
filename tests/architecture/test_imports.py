"""The import rules of the house hold, and none is empty: each catches a violation planted in a copy of the package."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "pyproject.toml"
PACKAGE = ROOT / "src" / "pip_hub"

CONTRACTS = [
    contract["name"] for contract in tomllib.loads(CONFIGURATION.read_text())["tool"]["importlinter"]["contracts"]
]


@attrs.frozen
class Violation:
    """One line of code in one new file of the package, and the contract that it breaks."""

    contract: str
    file: str
    line: str


VIOLATIONS = [
    Violation("Dependencies point inward", "domain/planted.py", "import pip_hub.application"),
    Violation("Dependencies point inward", "application/planted.py", "import pip_hub.adapters.memory"),
    Violation("Dependencies point inward", "adapters/web/planted.py", "import pip_hub.entrypoints"),
    Violation("Dependencies point inward", "helpers/__init__.py", "# a new top-level folder that no layer claims"),
    Violation("Adapters do not know each other", "adapters/web/planted.py", "import pip_hub.adapters.sql"),
    Violation("The core knows no library", "domain/planted.py", "import cryptography"),
    Violation("The core knows no library", "application/planted.py", "from starlette.responses import Response"),
    Violation("Only the composition root knows the injector", "adapters/web/planted.py", "import dependency_injector"),
    Violation("Contract tests never run in production", "entrypoints/planted.py", "import pip_hub.adapters.contracts"),
    Violation("The sandbox belongs to the demo", "entrypoints/planted.py", "import pip_hub.adapters.sandbox"),
    Violation("pip_hub.mcp stands alone", "mcp/planted.py", "from pip_hub.domain.secret import Secret"),
    Violation("pip_hub.mcp is for MCP servers", "entrypoints/planted.py", "import pip_hub.mcp"),
]


@pytest.fixture
def copied_package(tmp_path: Path) -> Path:
    """A copy of the package, to plant violations in."""
    copy = tmp_path / "pip_hub"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def plant(package: Path, file: str, code: str) -> None:
    """Add a file to the copy of the package."""
    target = package / file
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"{code}\n")


def lint(package: Path) -> tuple[int, set[str]]:
    """Hold the package to the project's contracts.

    Returns:
        The exit status of lint-imports, and the names of the contracts it reports broken.
    """
    finished = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", CONFIGURATION, "--no-cache", "--no-logo"],
        cwd=package.parent,  # lint-imports looks there first, before the installed package
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = {name: verdict for line in finished.stdout.splitlines() for name, _, verdict in [line.rpartition(" ")]}
    # Without a verdict on every contract it stopped early, and its exit status says nothing about them.
    assert verdicts.keys() >= set(CONTRACTS), finished.stdout + finished.stderr
    return finished.returncode, {name for name in CONTRACTS if verdicts[name] == "BROKEN"}


def foreign_imports(folder: Path) -> set[tuple[str, str]]:
    """Name each file under the folder that imports more than the standard library, attrs and pip_hub, and what."""
    allowed = sys.stdlib_module_names | {"attrs", "pip_hub"}
    return {
        (file.name, module)
        for file in folder.rglob("*.py")
        for module in imported_modules(ast.parse(file.read_text()))
        if module.partition(".")[0] not in allowed
    }


def imported_modules(tree: ast.Module) -> Iterator[str]:
    """Every module named by an import anywhere in the file, inside functions and conditions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.module


def test_the_package_keeps_every_import_contract() -> None:
    assert lint(PACKAGE) == (0, set())


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda violation: f"{violation.file}: {violation.line}")
def test_a_planted_import_breaks_its_contract_and_no_other(copied_package: Path, violation: Violation) -> None:
    plant(copied_package, violation.file, violation.line)

    assert lint(copied_package) == (1, {violation.contract})


def test_every_contract_has_a_planted_violation() -> None:
    assert {violation.contract for violation in VIOLATIONS} == set(CONTRACTS)


@pytest.mark.parametrize("module", ["pip_hub.adapters.sandbox", "pip_hub.mcp"])
def test_the_demo_may_use_the_sandbox_and_the_helper_for_mcp_servers(copied_package: Path, module: str) -> None:
    plant(copied_package, "entrypoints/demo/planted.py", f"import {module}")

    assert lint(copied_package) == (0, set())


@pytest.mark.parametrize("layer", ["domain", "application"])
def test_the_core_imports_only_the_standard_library_attrs_and_itself(layer: str) -> None:
    assert foreign_imports(PACKAGE / layer) == set()


@pytest.mark.parametrize("layer", ["domain", "application"])
def test_a_library_planted_in_the_core_is_found_wherever_it_is_imported(copied_package: Path, layer: str) -> None:
    code = """
import anyio.abc, datetime
from sqlalchemy.sql import select
from collections.abc import Mapping
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import starlette
def late() -> None:
    import pydantic
"""
    plant(copied_package, f"{layer}/planted.py", code)

    found = {module for file, module in foreign_imports(copied_package / layer) if file == "planted.py"}
    assert found == {"anyio.abc", "sqlalchemy.sql", "starlette", "pydantic"}

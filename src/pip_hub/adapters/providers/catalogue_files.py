"""Finding connector files and laying them over each other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, MutableSequence, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import attrs

from pip_hub.adapters.providers.fields import Found

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TABLES = ("revoke", "openid", "organisations", "refresh")
"""Tables whose fields are replaced one by one; every other field is replaced whole."""


@attrs.frozen
class Source:
    """One file, or what stands for it."""

    where: str
    table: Mapping[str, object]

    def fields(self) -> dict[str, Found]:
        """The file's fields, those of a table as `table.field`."""
        flat: dict[str, Found] = {}
        for name, value in self.table.items():
            if name in _TABLES and isinstance(value, Mapping):
                flat.update({f"{name}.{inner}": Found(item, self.where) for inner, item in value.items()})
            else:
                flat[name] = Found(value, self.where)
        return flat


Layer = Mapping[str, Source]
"""Sources by the name of their file without `.toml`."""


def built_in(mistakes: MutableSequence[str]) -> Layer:
    """The files that come with pip-hub."""
    return _read(files("pip_hub.adapters.providers") / "connectors", "", mistakes)


def of_folder(folder: Path, mistakes: MutableSequence[str]) -> Layer:
    """The operator's files."""
    if not folder.is_dir():
        mistakes.append(f"{folder}: there is no such folder; make it, or unset PIP_HUB_CONNECTORS_DIR")
        return {}
    return _read(folder, f"{folder}/", mistakes)


def of_mapping(overrides: Mapping[str, Mapping[str, object]]) -> Layer:
    """Tables that a program made instead of files."""
    return {stem: Source(f"{stem} (override)", table) for stem, table in overrides.items()}


def merged(layers: Sequence[Layer], mistakes: MutableSequence[str]) -> dict[str, tuple[str, dict[str, Found]]]:
    """For each connector its home file and its fields: shared ones first, then its own, later layers over earlier."""
    connectors: dict[str, tuple[str, dict[str, Found]]] = {}
    shared_used: set[str] = set()
    for stem in sorted({stem for layer in layers for stem in layer if not stem.startswith("_")}):
        own = _over_each_other(stem, layers)
        home = next(layer[stem].where for layer in reversed(layers) if stem in layer)
        fields = own
        extends = own.pop("extends", None)
        if extends is not None:
            base = f"_{extends.value}"
            if any(base in layer for layer in layers):
                shared_used.add(base)
                fields = _over_each_other(base, layers) | own
            else:
                mistakes.append(f'{extends.where}: extends must name a shared file, such as "google" for _google.toml')
        connectors[stem] = (home, fields)
    for layer in layers:
        mistakes.extend(
            f'{source.where}: no connector extends this file; give one the line extends = "{stem[1:]}"'
            for stem, source in layer.items()
            if stem.startswith("_") and stem not in shared_used
        )
    return connectors


def _over_each_other(stem: str, layers: Sequence[Layer]) -> dict[str, Found]:
    fields: dict[str, Found] = {}
    for layer in layers:
        if stem in layer:
            fields.update(layer[stem].fields())
    return fields


def _read(folder: Traversable, prefix: str, mistakes: MutableSequence[str]) -> Layer:
    layer: dict[str, Source] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        stem = file.name.removesuffix(".toml")
        where = prefix + file.name
        if stem == file.name or not file.is_file():
            continue
        if KEY.fullmatch(stem.removeprefix("_")) is None:
            mistakes.append(f"{where}: the file's name is the connector's key: small letters, digits and underscores")
            continue
        try:
            layer[stem] = Source(where, tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            mistakes.append(f"{where}: cannot be read as TOML in UTF-8: {error}")
    return layer

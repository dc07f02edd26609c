"""docs/security.md, held to the columns and the tests it names."""

import re
from pathlib import Path

from pip_hub.adapters.sql.tables import metadata
from pip_hub.adapters.sql.types import StoredAsText
from pip_hub.domain.secret import Digest, Sealed

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_column_with_a_digest_or_a_sealed_secret_is_in_the_table_and_no_other() -> None:
    protected = {
        f"{table.name}.{column.name}": column.type.read
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, StoredAsText) and column.type.read in {Digest, Sealed}
    }
    section = DOCUMENT.partition("## Threats")[0]
    told = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", section)) - {"users.password_hash"}
    assert told == protected.keys()


def test_every_test_it_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", DOCUMENT))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_sentence_it_quotes_is_a_test_in_the_file_before_it() -> None:
    quoted = re.findall(r"`(tests/[\w/]+\.py)` “([^”]+)”", DOCUMENT)
    assert quoted
    for file, sentence in quoted:
        name = f"def test_{sentence.replace(' ', '_')}("
        assert name in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {name}"

"""Which database URLs are taken, and what is said about the others."""

import pytest

from pip_hub.adapters.sql.engine import UnusableDatabaseUrl, make_engine


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("sqlite+aiosqlite://", "name a file"),
        ("sqlite+aiosqlite:///:memory:", "name a file"),
        ("sqlite+aiosqlite:///file::memory:?cache=shared&uri=true", "name a file"),
        ("sqlite+aiosqlite:///hub.db?mode=memory", "name a file"),
        ("sqlite+aiosqlite:////nowhere/at/all/hub.db", "no folder /nowhere/at/all"),
        ("sqlite:///hub.db", "write sqlite\\+aiosqlite:///"),
        ("postgresql://hub:secret@db.example/hub", "postgresql\\+asyncpg://"),
        ("mysql+aiomysql://hub:secret@db.example/hub", "postgresql\\+asyncpg://"),
        ("secret", "not a database URL"),
        ("postgresql+asyncpg://hub:secret@db.example:secret/hub", "not a database URL"),
        ("sqlite+aiosqlite:///hub.db?timeout=secret", "not a database URL"),
        ("", "not a database URL"),
    ],
)
def test_an_unusable_url_is_refused_with_a_remedy(url: str, remedy: str) -> None:
    with pytest.raises(UnusableDatabaseUrl, match=remedy) as caught:
        make_engine(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "dialect"),
    [("sqlite+aiosqlite:///hub.db", "sqlite"), ("postgresql+asyncpg://hub:secret@db.example/hub", "postgresql")],
)
def test_an_engine_is_made_without_opening_anything(url: str, dialect: str) -> None:
    assert make_engine(url).dialect.name == dialect

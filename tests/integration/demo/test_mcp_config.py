from pathlib import Path

import pytest

from pip_hub.entrypoints.demo.mcp_server import DemoMcpConfig


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://localhost:8400/"},
        {"issuer": "localhost:8400"},
        {"resource": "http://localhost:8402"},
        {"resource": "http://localhost:8402/"},
        {"resource": "http://localhost:8402/mcp?x=1"},
        {"resource": "ftp://localhost:8402/mcp"},
    ],
)
def test_urls_that_would_stop_clients_are_refused_at_start_up(changes: dict[str, str]) -> None:
    urls = {"issuer": "http://localhost:8400", "resource": "http://localhost:8402/mcp"} | changes

    with pytest.raises(ValueError, match="must be an http or https URL"):
        DemoMcpConfig(
            issuer=urls["issuer"],
            resource=urls["resource"],
            resource_id="id",
            resource_secret="secret",
            scopes=("mcp",),
            sample_client_file=Path("unused.json"),
        )


def test_the_secret_is_not_shown_with_the_rest_of_the_configuration() -> None:
    config = DemoMcpConfig(
        issuer="http://localhost:8400",
        resource="http://localhost:8402/mcp",
        resource_id="id",
        resource_secret="very secret",
        scopes=("mcp",),
        sample_client_file=Path("unused.json"),
    )

    assert "very secret" not in repr(config)

"""A body that never ends holds nobody up for ever."""

import anyio.lowlevel
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from pip_hub.adapters.web import forms

pytestmark = pytest.mark.anyio


async def test_a_body_that_drips_for_ever_is_given_up_with_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "PATIENCE", 0.05)  # the constant is half a minute

    async def drip() -> Message:
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request", "body": b"", "more_body": True}

    with pytest.raises(HTTPException) as given_up:
        await forms.read_body(Request({"type": "http", "method": "POST", "headers": []}, drip))

    assert given_up.value.status_code == 408

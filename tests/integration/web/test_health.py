"""What an operator's machinery asks: is the process up, and would it serve."""

from collections.abc import Sequence

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from pip_hub.adapters.web.health import FindProblems, ReadyEndpoint, healthz

pytestmark = pytest.mark.anyio


async def ask(path: str, find_problems: FindProblems, patience: float = 60) -> httpx2.Response:
    ready = ReadyEndpoint(find_problems=find_problems, patience=patience)
    app = Starlette(routes=[Route("/healthz", healthz), Route("/readyz", ready.get)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://hub.example") as http:
        return await http.get(path)


async def no_problems() -> Sequence[str]:
    return ()


async def a_problem() -> Sequence[str]:
    return ["the database is not at head"]


async def never_done() -> Sequence[str]:
    await anyio.sleep_forever()
    raise AssertionError


async def test_a_process_that_answers_is_healthy_whatever_else_is_wrong() -> None:
    answer = await ask("/healthz", a_problem)

    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["cache-control"] == "no-store"


async def test_it_is_ready_when_nothing_stands_in_the_way() -> None:
    answer = await ask("/readyz", no_problems)

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})
    assert answer.headers["cache-control"] == "no-store"


async def test_it_is_not_ready_as_long_as_something_is_wrong_and_says_what() -> None:
    answer = await ask("/readyz", a_problem)

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "problems": ["the database is not at head"]}


async def test_a_check_that_hangs_is_a_problem_too() -> None:
    answer = await ask("/readyz", never_done, patience=0)

    assert answer.status_code == 503
    assert answer.json()["problems"] == ["the checks did not finish within 0 seconds"]

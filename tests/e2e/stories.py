"""Transcripts as people read them: requests, and what happened beside them. Kept in docs/transcripts."""

import re
from pathlib import Path

import attrs
from mcp import Client
from mcp_types import CallToolResult

from tests.e2e.demo import Demo
from tests.e2e.pictures import folder
from tests.support.mcp_client import TOOL_CALLS, Line, Transcript, words_of

_KEPT = Path(__file__).parents[2] / "docs" / "transcripts"


@attrs.frozen(kw_only=True)
class Remark(Line):
    """Something that happened beside the requests."""

    def __str__(self) -> str:
        return "\n".join(f"        {line}" for line in self.about.splitlines())


def remark(about: str) -> Remark:
    """Something to be told between two requests."""
    return Remark(who="browser", method="", url="", about=about, status=None)


async def call_and_tell(client: Client, transcript: Transcript, tool: str, **changes: str) -> CallToolResult:
    """Call a tool of the demo, and note the call and its answer in words."""
    arguments = TOOL_CALLS[tool] | changes
    in_words = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    transcript.lines.append(remark(f"{tool}({in_words})"))
    answer = await client.call_tool(tool, arguments)
    verdict = "refused" if answer.is_error else "answered"
    transcript.lines.append(remark(f"{verdict}: {words_of(answer)}"))
    return answer


def story_of(transcript: Transcript, demo: Demo) -> str:
    """Ports and ids differ from run to run; everything else is what happened."""
    lines, number = list[str](), 0
    for line in transcript.lines:
        if isinstance(line, Remark):
            lines.append(str(line))
        else:
            number += 1
            lines.append(f"{number:>3}. {line}")
    names = {demo.hub: "HUB", demo.sandbox: "SANDBOX", f"http://localhost:{demo.port + 2}": "MCP-SERVER"}
    story = "\n".join(lines)
    for origin, name in names.items():
        story = story.replace(origin, name)
    return re.sub(r"http://localhost:\d+/callback", "CLIENT/callback", story)


def keep(name: str, headline: str, *stories: str) -> None:
    """Write them to docs/transcripts, if pictures are wanted too."""
    if folder() is not None:
        _KEPT.mkdir(parents=True, exist_ok=True)
        text = "\n\n".join([headline, *stories])
        (_KEPT / name).write_text(f"{text}\n", encoding="utf-8")

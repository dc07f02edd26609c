"""`sheets_read` and `sheets_append`: the same service at two levels, since the second changes something."""

from typing import Annotated, Final
from urllib.parse import quote

import mcp_types as types
from pydantic import BaseModel, Field

from pip_hub.entrypoints.demo.mcp_service import Service, ServiceRequest, Told
from pip_hub.entrypoints.demo.mcp_tool import Answer, Arguments, Context, Tool

SHEETS_READ: Final = "sheets_read"
SHEETS_APPEND: Final = "sheets_append"

_VALUES: Final = "/spreadsheets/pip-demo/values"
"""The demo works on one spreadsheet."""

_SHEET: Final = "Sheet1"
_MOST_CELLS: Final = 26


Cell = str | int | float | bool | None


class _Range(Arguments):
    range: str = Field(min_length=1, max_length=100, description="Cells in A1 notation, such as: Sheet1!A1:C10")


class _Row(Arguments):
    row: list[Annotated[str, Field(max_length=1000)]] = Field(
        min_length=1, max_length=_MOST_CELLS, description="The cells of the new row, from left to right"
    )


class _ToldCells(Told):
    # Sheets leaves the cells out when all are empty, but always says which they were.
    range: str
    values: tuple[tuple[Cell, ...], ...] = ()


class _ToldUpdates(Told):
    range: str = Field(alias="updatedRange")
    rows: int = Field(alias="updatedRows")


class _ToldAppended(Told):
    updates: _ToldUpdates


class _Cells(BaseModel):
    range: str
    rows: list[list[str]]


class _Appended(BaseModel):
    range: str
    rows: int


def sheets_tools(sheets: Service) -> list[Tool]:
    """The tools that need Google Sheets."""

    async def read(context: Context, arguments: _Range) -> Answer:
        asked = ServiceRequest(method="GET", path=f"{_VALUES}/{quote(arguments.range, safe='')}")
        _, told = await sheets.call(context, "read", lambda _token: asked, _ToldCells)
        content = _Cells(range=told.range, rows=[[_shown(cell) for cell in row] for row in told.values])
        return Answer(text=_in_words(content), content=content)

    async def append(context: Context, arguments: _Row) -> Answer:
        # RAW: a cell that begins with = stays the text it is, and never becomes a formula in somebody's sheet.
        asked = ServiceRequest(
            method="POST",
            path=f"{_VALUES}/{_SHEET}:append",
            query={"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"},
            body={"values": [arguments.row]},
        )
        _, told = await sheets.call(context, "write", lambda _token: asked, _ToldAppended)
        content = _Appended(range=told.updates.range, rows=told.updates.rows)
        return Answer(text=f"Added a row at {content.range}.", content=content)

    return [
        Tool(
            name=SHEETS_READ,
            title="Read cells in Google Sheets",
            description="Reads a range of cells of the demo's spreadsheet.",
            arguments=_Range,
            content=_Cells,
            run=read,
            hints=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
        ),
        Tool(
            name=SHEETS_APPEND,
            title="Add a row in Google Sheets",
            description="Adds a row below the last one of the demo's spreadsheet. Needs permission to make changes.",
            arguments=_Row,
            content=_Appended,
            run=append,
            hints=types.ToolAnnotations(
                read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
            ),
        ),
    ]


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _in_words(content: _Cells) -> str:
    if not any(content.rows):
        return f"The cells {content.range} are empty."
    return "\n".join([f"{content.range}:", *(" | ".join(row) for row in content.rows)])

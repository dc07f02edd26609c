"""A little of the Sheets API: reading cells, and appending rows that stay."""

from __future__ import annotations

import re
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.access import allowed, invalid
from pip_hub.adapters.sandbox.google.scopes import PREFIX
from pip_hub.adapters.sandbox.reading import json_of, query_of
from pip_hub.adapters.sandbox.refusals import Unreadable

Rows = list[list[str]]

_ROWS = (
    ("Month", "Revenue", "Costs"),
    ("August", "11,240.00", "8,310.50"),
    ("September", "12,905.75", "8,846.00"),
    ("October", "13,480.20", "9,127.35"),
)
_MOST_ROWS, _MOST_COLUMNS, _LONGEST_ID = 1000, 26, 100
_RANGE = re.compile(
    r"(?:(?P<sheet>'[^']+'|[^'!]+)!)?(?P<column>[A-Z])(?P<row>[1-9][0-9]{0,3})?"
    r"(?::(?P<last_column>[A-Z])(?P<last_row>[1-9][0-9]{0,3})?)?"
)


@attrs.frozen
class _Area:
    """A rectangle of cells, counted from 0; the ends are not part of it."""

    top: int = 0
    bottom: int = _MOST_ROWS
    left: int = 0
    right: int = _MOST_COLUMNS

    def cut(self, rows: Rows) -> Rows:
        """The cells inside, without empty rows at the end."""
        cells = [row[self.left : self.right] for row in rows[self.top : self.bottom]]
        while cells and not any(cells[-1]):
            cells.pop()
        return cells


@attrs.frozen(kw_only=True)
class SheetsApi:
    """`/google/v4/spreadsheets/…/values/…`.

    Every id opens a spreadsheet of one sheet, whatever that is called in a range. All begin alike, and belong to
    everybody.
    """

    sandbox: Sandbox

    async def values(self, http: Request) -> Response:
        """GET: the cells of a range, all of them for a range that is only a sheet's name."""
        allowed(self.sandbox, http, f"{PREFIX}spreadsheets.readonly", f"{PREFIX}drive.file")
        cells = _area(http.path_params["range"]).cut(self._rows(http))
        found = {"values": cells} if cells else {}
        return JSONResponse({"range": http.path_params["range"], "majorDimension": "ROWS", **found})

    async def append(self, http: Request) -> Response:
        """POST: add rows below the last one; needs a scope that may write."""
        allowed(self.sandbox, http, f"{PREFIX}spreadsheets", f"{PREFIX}drive.file")
        if query_of(http).one("valueInputOption") not in {"RAW", "USER_ENTERED"}:
            raise invalid("'valueInputOption' is required but not specified")
        try:
            added = _read_rows((await json_of(http)).get("values"))
        except Unreadable as problem:
            raise invalid(problem.reason) from problem
        spreadsheet, before = _spreadsheet(http), self._rows(http)
        if len(before) + len(added) > _MOST_ROWS:
            raise invalid(f"This sandbox keeps no more than {_MOST_ROWS} rows in a sheet.")
        with self.sandbox.store.changing() as state:
            state.google.appended_rows.setdefault(spreadsheet, []).extend(added)
        updates = {
            "spreadsheetId": spreadsheet,
            "updatedRange": _name_of(added, first_row=len(before) + 1),
            "updatedRows": len(added),
            "updatedColumns": max(len(row) for row in added),
            "updatedCells": sum(len(row) for row in added),
        }
        table = _name_of(before, first_row=1)
        return JSONResponse({"spreadsheetId": spreadsheet, "tableRange": table, "updates": updates})

    def _rows(self, http: Request) -> Rows:
        appended = self.sandbox.store.state.google.appended_rows.get(_spreadsheet(http), [])
        return [*(list(row) for row in _ROWS), *appended]


def _spreadsheet(http: Request) -> str:
    name: str = http.path_params["spreadsheet_id"]
    if len(name) > _LONGEST_ID:
        raise invalid("Invalid spreadsheet id")
    return name


def _area(text: str) -> _Area:
    """A range in A1 notation; a sheet's name alone means all of it."""
    found = _RANGE.fullmatch(text)
    if found is None:
        if "!" in text:
            raise invalid(f"Unable to parse range: {text[:_LONGEST_ID]}")
        return _Area()
    column, row = found["column"], found["row"]
    last_column, last_row = found["last_column"] or column, found["last_row"]
    if last_row is None and found["last_column"] is None:
        last_row = row
    return _Area(
        top=int(row or 1) - 1,
        bottom=int(last_row or _MOST_ROWS),
        left=ord(column) - ord("A"),
        right=ord(last_column) - ord("A") + 1,
    )


def _read_rows(values: object) -> Rows:
    if not isinstance(values, list) or not values or not all(isinstance(row, list) for row in values):
        raise invalid("values must be a list of rows, each a list of cells")
    if any(not 1 <= len(row) <= _MOST_COLUMNS for row in values):
        raise invalid(f"a row has 1 to {_MOST_COLUMNS} cells")
    return [[_read_cell(cell) for cell in row] for row in values]


def _read_cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, str | int | float):
        return str(cell)
    raise invalid("a cell is a text, a number, true, false or null")


def _name_of(rows: Rows, *, first_row: int) -> str:
    last_column = chr(ord("A") + max(len(row) for row in rows) - 1)
    return f"Sheet1!A{first_row}:{last_column}{first_row + len(rows) - 1}"

"""The tools the sample client has buttons for, and what a person may type beside them."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
from starlette.datastructures import FormData

from pip_hub.entrypoints.demo.mcp_account_tools import LIST_CONNECTORS, WHOAMI
from pip_hub.entrypoints.demo.mcp_gmail_tools import GMAIL_SEARCH
from pip_hub.entrypoints.demo.mcp_sheets_tools import SHEETS_APPEND, SHEETS_READ
from pip_hub.entrypoints.demo.mcp_xero_tools import XERO_LIST_INVOICES
from pip_hub.entrypoints.demo.sample_calls import ToolCall

FIRST_CALLS: Final = (ToolCall(WHOAMI), ToolCall(LIST_CONNECTORS))
"""What shows at once whether the sign-in has worked."""

LARGEST_FORM: Final = 8 * 1024
"""Bytes."""

_NAME: Final = "tool"
_TEXT: Final = "text"


@attrs.frozen(kw_only=True)
class ToolForm:
    """A button, and a line to type in where the tool takes an argument.

    Attributes:
        tool: the tool's name.
        label: what the button says.
        argument: the name of the tool's one argument, if it has one.
        prompt: what to type there.
        example: what stands there at first.
        is_list: whether commas separate several values.
    """

    tool: str
    label: str
    argument: str | None = None
    prompt: str = ""
    example: str = ""
    is_list: bool = False

    def arguments(self, typed: str) -> Mapping[str, Any]:
        """What goes to the tool."""
        if self.argument is None:
            return {}
        return {self.argument: [part.strip() for part in typed.split(",")] if self.is_list else typed.strip()}


TOOL_FORMS: Final = (
    ToolForm(tool=XERO_LIST_INVOICES, label="List invoices in Xero"),
    ToolForm(tool=GMAIL_SEARCH, label="Search Gmail", argument="query", prompt="Words to look for", example="invoice"),
    ToolForm(
        tool=SHEETS_READ,
        label="Read cells in Google Sheets",
        argument="range",
        prompt="Range of cells",
        example="Sheet1!A1:C10",
    ),
    ToolForm(
        tool=SHEETS_APPEND,
        label="Add a row in Google Sheets",
        argument="row",
        prompt="Cells, with commas between them",
        example="November, 14100.00, 9480.00",
        is_list=True,
    ),
)


def call_from(form: FormData) -> ToolCall | None:
    """The call a posted form asks for, None if no form of ours asks so."""
    name, typed = form.get(_NAME), form.get(_TEXT, "")
    wanted = next((each for each in TOOL_FORMS if each.tool == name), None)
    if wanted is None or not isinstance(typed, str):
        return None
    return ToolCall(wanted.tool, wanted.arguments(typed))

"""`xero_list_invoices`: reading from a service whose account reaches several organisations."""

from typing import Final
from urllib.parse import quote

import mcp_types as types
from pydantic import BaseModel, Field

from pip_hub.entrypoints.demo.mcp_service import Service, ServiceRequest, Told
from pip_hub.entrypoints.demo.mcp_tool import Answer, Context, NoArguments, Tool
from pip_hub.mcp import ConnectorToken

XERO_LIST_INVOICES: Final = "xero_list_invoices"

_MOST: Final = 20


class _Contact(Told):
    name: str = Field(alias="Name")


class _ToldInvoice(Told):
    number: str = Field(alias="InvoiceNumber")
    contact: _Contact = Field(alias="Contact")
    status: str = Field(alias="Status")
    total: float = Field(alias="Total")
    currency: str = Field(alias="CurrencyCode")


class _ToldInvoices(Told):
    invoices: list[_ToldInvoice] = Field(alias="Invoices")


class _Invoice(BaseModel):
    number: str
    contact: str
    status: str
    total: float
    currency: str


class _Invoices(BaseModel):
    organisation: str | None
    invoices: list[_Invoice]


def xero_tools(xero: Service) -> list[Tool]:
    """The tools that need Xero."""

    async def list_invoices(context: Context, _arguments: NoArguments) -> Answer:
        token, told = await xero.call(context, "read", _request, _ToldInvoices)
        content = _Invoices(
            organisation=token.organisation,
            invoices=[
                _Invoice(
                    number=one.number,
                    contact=one.contact.name,
                    status=one.status,
                    total=one.total,
                    currency=one.currency,
                )
                for one in told.invoices
            ],
        )
        return Answer(text=_in_words(content), content=content)

    return [
        Tool(
            name=XERO_LIST_INVOICES,
            title="List invoices in Xero",
            description="Lists the invoices of the Xero organisation that the user has chosen in the hub.",
            content=_Invoices,
            run=list_invoices,
            hints=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True),
        )
    ]


def _request(token: ConnectorToken) -> ServiceRequest:
    """Xero's tokens open every organisation of their user; the header says which one is meant."""
    return ServiceRequest(
        method="GET",
        path="/Invoices",
        query={"page": "1", "pageSize": str(_MOST)},
        headers={"Xero-Tenant-Id": quote(token.organisation_id or "")},
    )


def _in_words(content: _Invoices) -> str:
    place = content.organisation or "this organisation"
    if not content.invoices:
        return f"There are no invoices in {place}."
    lines = [f"{one.number}: {one.contact}, {one.total:,.2f} {one.currency}, {one.status}" for one in content.invoices]
    return "\n".join([f"Invoices in {place}:", *lines])

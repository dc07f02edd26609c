"""The invoices of the sandbox's organisations, in the shape of Xero's accounting API. Nobody in them is real."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from pip_hub.adapters.sandbox.people import Organisation

_IDS = uuid.UUID("7b1c9d20-0000-4000-8000-0000000000ff")
_TAX_OF_TEN = 11
"""Prices hold ten percent tax, which is an eleventh of them."""


@attrs.frozen
class _Invoice:
    number: str
    contact: str
    reference: str
    date: str
    due: str
    status: str
    total_cents: int
    paid_cents: int = 0


_OF_THE_DEMO_COMPANY = (
    _Invoice("INV-0031", "Bayside Club", "Golf balls", "2026-09-14", "2026-09-28", "PAID", 234_00, 234_00),
    _Invoice("INV-0032", "Ridgeway University", "Open day", "2026-09-30", "2026-10-14", "PAID", 6_187_50, 6_187_50),
    _Invoice("INV-0033", "City Limousines", "Yearly service", "2026-10-12", "2026-10-26", "AUTHORISED", 475_00, 100_00),
    _Invoice("INV-0034", "Bayside Club", "Autumn lunch", "2026-10-29", "2026-11-12", "AUTHORISED", 1_320_00),
    _Invoice("INV-0035", "Marine Systems", "P/O 9711", "2026-11-17", "2026-12-01", "AUTHORISED", 396_00),
    _Invoice("INV-0036", "Hamilton Smith", "Workshop", "2026-11-20", "2026-12-04", "DRAFT", 550_00),
)
_OF_EVERYBODY_ELSE = (
    _Invoice("BAK-0107", "Quayside Cafe", "Bread, October", "2026-10-31", "2026-11-14", "PAID", 812_90, 812_90),
    _Invoice("BAK-0108", "Old Mill Hotel", "Breakfast rolls", "2026-11-07", "2026-11-21", "AUTHORISED", 1_040_60),
    _Invoice("BAK-0109", "Harbour School", "Autumn fair", "2026-11-16", "2026-11-30", "AUTHORISED", 286_00),
)
_SAMPLES: Mapping[str, tuple[_Invoice, ...]] = {"Demo Company (AU)": _OF_THE_DEMO_COMPANY}


def invoices_of(organisation: Organisation) -> list[dict[str, Any]]:
    """All invoices of an organisation, oldest first."""
    return [_row(one, organisation) for one in _SAMPLES.get(organisation.name, _OF_EVERYBODY_ELSE)]


def _row(invoice: _Invoice, organisation: Organisation) -> dict[str, Any]:
    tax_cents = round(invoice.total_cents / _TAX_OF_TEN)
    return {
        "Type": "ACCREC",
        "InvoiceID": _id(f"{organisation.name} {invoice.number}"),
        "InvoiceNumber": invoice.number,
        "Reference": invoice.reference,
        "Contact": {"ContactID": _id(f"{organisation.name} {invoice.contact}"), "Name": invoice.contact},
        "DateString": f"{invoice.date}T00:00:00",
        "DueDateString": f"{invoice.due}T00:00:00",
        "Status": invoice.status,
        "LineAmountTypes": "Inclusive",
        "SubTotal": (invoice.total_cents - tax_cents) / 100,
        "TotalTax": tax_cents / 100,
        "Total": invoice.total_cents / 100,
        "AmountPaid": invoice.paid_cents / 100,
        "AmountDue": (invoice.total_cents - invoice.paid_cents) / 100,
        "CurrencyCode": organisation.base_currency,
    }


def _id(of: str) -> str:
    """Made up, but always the same."""
    return str(uuid.uuid5(_IDS, of))

"""The scopes Xero knows, in words, and which of them an app may still ask for."""

from __future__ import annotations

from collections.abc import Collection

from pip_hub.adapters.sandbox.config import XeroApp
from pip_hub.adapters.sandbox.refusals import PageRefused

OFFLINE = "offline_access"

_IDENTITY = {
    "openid": "Know who you are in Xero",
    "profile": "See your name",
    "email": "See your email address",
    OFFLINE: "Stay connected when you are not there",
}

_VIEW_OR_MANAGE = {
    "accounting.settings": "organisation settings",
    "accounting.contacts": "contacts",
    "accounting.attachments": "attachments",
    "accounting.invoices": "invoices, quotes and purchase orders",
    "accounting.payments": "payments",
    "accounting.banktransactions": "bank transactions and transfers",
    "accounting.manualjournals": "manual journals",
    "files": "files",
    "assets": "fixed assets",
    "projects": "projects",
    "payroll.employees": "payroll employees",
    "payroll.payruns": "pay runs",
    "payroll.payslip": "payslips",
    "payroll.settings": "payroll settings",
    "payroll.timesheets": "timesheets",
}

_VIEW_ONLY = {
    "accounting.budgets.read": "budgets",
    **{
        f"accounting.reports.{name}.read": words
        for name, words in {
            "aged": "aged receivables and payables reports",
            "balancesheet": "the balance sheet",
            "banksummary": "the bank summary report",
            "budgetsummary": "the budget summary report",
            "executivesummary": "the executive summary report",
            "profitandloss": "the profit and loss report",
            "taxreports": "tax reports",
            "tenninetynine": "the 1099 report",
            "trialbalance": "the trial balance",
        }.items()
    },
}

_BROAD = {
    "accounting.transactions": "View and manage all business transactions",
    "accounting.transactions.read": "View all business transactions",
    "accounting.reports.read": "View all reports",
}

_COVERED_BY_BROAD = {"accounting.invoices.read": ("accounting.transactions", "accounting.transactions.read")}

_GATED = {"accounting.journals.read", "paymentservices", "app.connections"}
"""Real scopes that an ordinary app may not ask for in this kind of request."""

SCOPES = {
    **_IDENTITY,
    **{f"{scope}.read": f"View your {words}" for scope, words in _VIEW_OR_MANAGE.items()},
    **{scope: f"View and manage your {words}" for scope, words in _VIEW_OR_MANAGE.items()},
    **{scope: f"View {words}" for scope, words in _VIEW_ONLY.items()},
    **_BROAD,
}
"""Every scope that can be granted, and what it means to a person."""


def allows(granted: Collection[str], read: str) -> bool:
    """Whether these scopes let a GET through that needs this reading scope; managing includes viewing."""
    return not {read, read.removesuffix(".read"), *_COVERED_BY_BROAD.get(read, ())}.isdisjoint(granted)


def check(app: XeroApp, asked: Collection[str]) -> None:
    """Refuse scopes the app may not ask for, with the page Xero shows: the app itself hears nothing.

    Raises:
        PageRefused: a scope is unknown, gated, or too old for this app; or none is asked for.
    """
    if not asked:
        raise refused("invalid_scope")
    if not _GATED.isdisjoint(asked):
        raise refused("unauthorized_client : Invalid scope for client")
    known = SCOPES.keys() - (_BROAD.keys() if app.granular_only else ())
    if not known >= set(asked):
        raise refused("invalid_scope")


def refused(code: str) -> PageRefused:
    """Xero's one error page, which calls everything an error 500."""
    return PageRefused(
        provider="xero",
        status=500,
        code=f"Error code: 500 – {code}",
        text="Something in the app’s request is not right. The app’s developer has to mend it.",
    )

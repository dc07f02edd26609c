"""The mail of the sandbox's accounts, and searching it. Everybody has the same, addressed to them."""

from __future__ import annotations

import re
from typing import Any

import attrs

from pip_hub.adapters.sandbox.people import GoogleAccount

_TERM = re.compile(r'(?:(?P<field>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<word>\S+))', re.IGNORECASE)


@attrs.frozen
class Message:
    """One message; `date` is written as in its header."""

    id: str
    sender: str
    subject: str
    snippet: str
    date: str
    is_unread: bool = False
    attachment: str | None = None


MESSAGES = (
    Message(
        "sandbox-message-1",
        "Marine Systems <accounts@marine.example>",
        "Invoice 9711 for November",
        "Please find attached invoice 9711 for 396.00, due on 1 December. Thank you for your business.",
        "Tue, 17 Nov 2026 08:12:00 +0000",
        is_unread=True,
        attachment="invoice-9711.pdf",
    ),
    Message(
        "sandbox-message-2",
        "Quayside Cafe <hello@quayside.example>",
        "Payment received",
        "We have paid your invoice BAK-0107 of 812.90 today. The bread was wonderful.",
        "Fri, 13 Nov 2026 15:40:00 +0000",
    ),
    Message(
        "sandbox-message-3",
        "Sam Okafor <sam@example.org>",
        "Lunch on Thursday?",
        "The new place at the harbour has a table for four at half past twelve. Shall I take it?",
        "Wed, 11 Nov 2026 10:05:00 +0000",
    ),
    Message(
        "sandbox-message-4",
        "Power and Light <billing@power.example>",
        "Your electricity invoice",
        "Your invoice for October is ready: 184.20, collected from your account on 20 November.",
        "Mon, 2 Nov 2026 06:30:00 +0000",
        attachment="october.pdf",
    ),
)
"""Newest first."""


def search(query: str) -> list[Message]:
    """The messages that all terms of a Gmail search fit.

    Terms are words, "quoted words", `from:`, `subject:`, `has:attachment` and `is:unread`; other fields are taken for
    words, as Gmail does.
    """
    terms = [
        ((found["field"] or "").lower(), (found["quoted"] or found["word"] or "").lower())
        for found in _TERM.finditer(query)
    ]
    return [message for message in MESSAGES if all(_fits(message, field, word) for field, word in terms)]


def shown(message: Message, account: GoogleAccount, *, with_text: bool) -> dict[str, Any]:
    """A message in the shape of Gmail's API; its snippet only for those who may read it."""
    headers = {
        "From": message.sender,
        "To": f"{account.name} <{account.email}>",
        "Subject": message.subject,
        "Date": message.date,
    }
    row: dict[str, Any] = {
        **summary(message),
        "labelIds": ["INBOX", *(["UNREAD"] if message.is_unread else [])],
        "payload": {"headers": [{"name": name, "value": value} for name, value in headers.items()]},
    }
    if with_text:
        row["snippet"] = message.snippet
        row["payload"]["parts"] = [{"filename": message.attachment}] if message.attachment else []
    return row


def summary(message: Message) -> dict[str, str]:
    """A message as lists name it."""
    return {"id": message.id, "threadId": message.id.replace("message", "thread")}


def _fits(message: Message, field: str, word: str) -> bool:
    match field, word:
        case ("has", "attachment"):
            return message.attachment is not None
        case ("is", "unread"):
            return message.is_unread
        case ("from", _):
            return word in message.sender.lower()
        case ("subject", _):
            return word in message.subject.lower()
        case _:
            return word in f"{message.sender} {message.subject} {message.snippet}".lower()

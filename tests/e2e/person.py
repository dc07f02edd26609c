"""Somebody at a browser of their own: opens pages, reads them, clicks what a person would click."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import attrs
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, ViewportSize, expect

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
PASSWORD = "a quiet harbour in winter"
_PATIENCE = 30_000.0
"""Milliseconds for a page or a part of it to appear."""

expect.set_options(timeout=_PATIENCE)

Answer = Literal["allow", "decline"]
Level = Literal["read", "write"]


@attrs.frozen(kw_only=True)
class Sight:
    """How the browser is set up."""

    viewport: ViewportSize = DESKTOP
    dark: bool = False
    scripts: bool = True


@attrs.frozen(kw_only=True)
class Person:
    """One person with one browser context. `violations` are the CSP violations that Chromium has reported so far."""

    email: str
    page: Page
    context: BrowserContext
    violations: list[str]
    password: str = PASSWORD

    # -- Reading ---------------------------------------------------------------------------------------------------

    def action(self, name: str) -> Locator:
        """The button or link of this name, on whatever site."""
        return self.page.locator(f'[data-action="{name}"]')

    def card(self, connector: str) -> Locator:
        """A connector's card in the hub."""
        return self.page.locator(f'[data-connector="{connector}"]')

    def result(self, name: str) -> Locator:
        """A part of the sample client's page."""
        return self.page.locator(f'[data-result="{name}"]')

    def field(self, name: str) -> Locator:
        """One value on the sample client's page."""
        return self.page.locator(f'[data-field="{name}"]')

    @property
    def banner(self) -> Locator:
        """What the hub says has happened."""
        return self.page.locator('[role="status"], [role="alert"]')

    async def sees_hub(self) -> None:
        """Wait until the hub is there, with all its cards."""
        await expect(self.page.locator("[data-connector]")).to_have_count(3)

    async def sees_provider(self) -> None:
        """Wait until a provider asks who is there."""
        await expect(self.page.locator("[data-account]").first).to_be_visible()

    async def sees(self) -> str:
        """Every open page as text, for somebody who reads about a failed test."""
        seen = []
        for page in self.context.pages:
            try:
                text = await page.locator("body").inner_text(timeout=2_000)
            except Error as problem:  # it is on its way elsewhere, or its process is gone
                text = f"(cannot be read: {problem.message})"
            seen.append(f"{page.url}\n{text}")
        return "\n\n".join([*seen, *self.violations])

    # -- Doing -----------------------------------------------------------------------------------------------------

    async def open(self, url: str) -> None:
        """Type an address."""
        await self.page.goto(url)

    async def press(self, action: str) -> None:
        """Click a button or link by its name."""
        await self.action(action).click()

    async def sign_in(self, action: Literal["sign_in", "register"] = "register") -> None:
        """Fill in the sign-in page and press one of its two buttons."""
        await self.page.locator('input[name="email"]').fill(self.email)
        await self.page.locator('input[name="password"]').fill(self.password)
        await self.page.locator(f'button[name="action"][value="{action}"]').click()

    async def leave_for(self, connector: str, level: Level | None = None) -> None:
        """Press Connect on a card, after choosing a level there, and arrive at the provider."""
        card = self.card(connector)
        if level is not None:
            await card.locator('select[name="level"]').select_option(level)
        await card.locator('[data-action="connect"]').click()
        await self.sees_provider()

    async def answer(
        self,
        answer: Answer = "allow",
        *,
        account: str = "alex@example.com",
        organisation: str | None = None,
        untick: str | None = None,
    ) -> None:
        """At the provider: say who one is, choose, allow or decline, and come back to the hub."""
        await self.page.locator(f'[data-account="{account}"]').click()
        if organisation is not None:
            await self.page.locator(f'[data-organisation="{organisation}"]').check()
        if untick is not None:
            await self.page.locator(f'[data-scope="{untick}"]').uncheck()
        await self.press(answer)
        await self.sees_hub()

    async def connect(
        self,
        connector: str,
        answer: Answer = "allow",
        *,
        account: str = "alex@example.com",
        organisation: str | None = None,
        level: Level | None = None,
    ) -> None:
        """The whole trip to a provider and back."""
        await self.leave_for(connector, level)
        await self.answer(answer, account=account, organisation=organisation)

    async def change_level(self, connector: str, level: Level) -> None:
        """Choose another level on a connected card; leads back to the hub, or to the provider."""
        await self.card(connector).locator('select[name="level"]').select_option(level)
        await self.press_on(connector, "change-level")

    async def choose_organisation(self, connector: str, organisation: str) -> None:
        """Choose the organisation on the card itself."""
        await self.card(connector).locator('select[name="organisation"]').select_option(label=organisation)
        await self.press_on(connector, "choose-organisation")
        await self.sees_hub()

    async def disconnect(self, connector: str) -> None:
        """One click on a connected card."""
        await self.press_on(connector, "disconnect")
        await self.sees_hub()

    async def press_on(self, connector: str, action: str) -> None:
        """Click a button of one card."""
        await self.card(connector).locator(f'[data-action="{action}"]').click()


@asynccontextmanager
async def open_person(chromium: Browser, email: str, sight: Sight) -> AsyncIterator[Person]:
    """Give somebody a browser context of their own, closed at the end."""
    context = await chromium.new_context(
        viewport=sight.viewport,
        color_scheme="dark" if sight.dark else "light",
        java_script_enabled=sight.scripts,
        ignore_https_errors=True,
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(_PATIENCE)
    violations = list[str]()

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    context.on("console", listen)
    try:
        yield Person(email=email, page=await context.new_page(), context=context, violations=violations)
    finally:
        await context.close()

"""Reads HTML pages the way a person uses them: their forms, buttons, tick boxes and visible text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html.parser import HTMLParser

import attrs

Attributes = Mapping[str, str]


@attrs.frozen
class Button:
    """A button with its attributes."""

    attributes: Attributes

    @property
    def name(self) -> str | None:
        return self.attributes.get("name")

    @property
    def value(self) -> str:
        return self.attributes.get("value", "")


@attrs.frozen(kw_only=True)
class Form:
    """A form: what it would send as it stands (`fields`), and what else could be chosen (`inputs`)."""

    action: str
    method: str
    inputs: tuple[Attributes, ...]
    buttons: tuple[Button, ...]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a browser sends: hidden and text inputs, what is ticked, and what is chosen in lists."""
        return [
            (one["name"], one.get("value", "on"))
            for one in self.inputs
            if one.get("type") not in {"checkbox", "radio"} or "checked" in one
        ]

    def filled(self, choices: Mapping[str, str], untick: Collection[str]) -> Form:
        """The form after choosing these radio buttons (by name and value) and clearing these tick boxes (by value)."""
        for name, value in choices.items():
            assert any(_is(one, "radio", name, value) for one in self.inputs), f"there is no choice {value!r}"
        for value in untick:
            assert any(_is(one, "checkbox", None, value) for one in self.inputs), f"there is no tick box {value!r}"
        return attrs.evolve(self, inputs=tuple(_changed(one, choices, untick) for one in self.inputs))


@attrs.frozen(kw_only=True)
class Page:
    """A page that was shown: its visible text, its forms, and every element's attributes."""

    url: str
    status: int
    html: str
    text: str
    forms: tuple[Form, ...]
    elements: tuple[Attributes, ...]

    def has(self, attribute: str, value: str | None = None) -> bool:
        """Whether some element carries this attribute (with this value)."""
        return bool(self.values(attribute) if value is None else value in self.values(attribute))

    def values(self, attribute: str) -> list[str]:
        """Every value of this attribute on the page, in order."""
        return [one[attribute] for one in self.elements if attribute in one]

    def button(self, attribute: str, value: str) -> tuple[Form, Button]:
        """The button with this attribute, and the form it sends."""
        for form in self.forms:
            for button in form.buttons:
                if button.attributes.get(attribute) == value:
                    return form, button
        raise AssertionError(f"no button with {attribute}={value!r} on: {self.text}")


def parse(url: str, status: int, html: str) -> Page:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(
        url=url,
        status=status,
        html=html,
        text=" ".join("".join(reader.text).split()),
        forms=tuple(reader.forms),
        elements=tuple(reader.elements),
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.forms: list[Form] = []
        self.elements: list[Attributes] = []

    def handle_starttag(self, tag: str, attrs_: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs_}
        self.elements.append(attributes)
        if tag == "form":
            method = attributes.get("method", "get").lower()
            self.forms.append(Form(action=attributes.get("action", ""), method=method, inputs=(), buttons=()))
        elif tag == "input" and self.forms and "name" in attributes:
            self.forms[-1] = attrs.evolve(self.forms[-1], inputs=(*self.forms[-1].inputs, attributes))
        elif tag == "select" and self.forms and "name" in attributes:
            self.forms[-1] = attrs.evolve(self.forms[-1], inputs=(*self.forms[-1].inputs, {**attributes, "type": tag}))
        elif tag == "option" and self.forms:
            self._offer(attributes)
        elif tag == "button" and self.forms:
            self.forms[-1] = attrs.evolve(self.forms[-1], buttons=(*self.forms[-1].buttons, Button(attributes)))

    def _offer(self, option: Attributes) -> None:
        """An option of the last list: the first one counts until another is selected."""
        *before, choice = self.forms[-1].inputs
        if "value" not in choice or "selected" in option:
            choice = {**choice, "value": option["value"]}
        self.forms[-1] = attrs.evolve(self.forms[-1], inputs=(*before, choice))

    def handle_data(self, data: str) -> None:
        self.text.append(f"{data} ")


def _is(one: Attributes, kind: str, name: str | None, value: str) -> bool:
    return one.get("type") == kind and one.get("value") == value and name in {None, one["name"]}


def _changed(one: Attributes, choices: Mapping[str, str], untick: Collection[str]) -> Attributes:
    without = {key: value for key, value in one.items() if key != "checked"}
    if one.get("type") == "radio" and one["name"] in choices:
        return {**without, "checked": ""} if one.get("value") == choices[one["name"]] else without
    if one.get("type") == "checkbox" and one.get("value") in untick:
        return without
    return one

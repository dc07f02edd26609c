"""What a page is like for people who see little, use a small screen, or have no mouse: measured in the browser."""

from typing import Any

from playwright.async_api import Page

_CONTRAST = """() => {
  // Any CSS colour as red, green, blue (0-255) and alpha (0-1): a canvas knows them all.
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parse = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return {rgb: [red, green, blue], alpha: alpha / 255};
  };
  const over = (top, alpha, below) => top.map((value, i) => value * alpha + below[i] * (1 - alpha));
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const ground = element => {
    if (element === null) return dark ? [0, 0, 0] : [255, 255, 255];
    const {rgb, alpha} = parse(getComputedStyle(element).backgroundColor);
    return alpha === 1 ? rgb : over(rgb, alpha, ground(element.parentElement));
  };
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = rgb => {
    const [red, green, blue] = rgb.map(value => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [light, dim] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dim + 0.05);
  };
  const found = [];
  const measure = (element, text) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width <= 1 || box.height <= 1 || style.visibility === 'hidden') return;
    const below = ground(element);
    const colour = parse(style.color);
    let opacity = 1;
    for (let each = element; each !== null; each = each.parentElement) {
      opacity *= Number(getComputedStyle(each).opacity);
    }
    found.push({text, ratio: ratio(over(colour.rgb, colour.alpha * opacity, below), below)});
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (text) measure(walker.currentNode.parentElement, text);
  }
  const fields = document.querySelectorAll('input:not([type=hidden]), select, textarea');
  for (const field of fields) measure(field, field.name);
  return found;
}"""

_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const beyond = [];
  const range = document.createRange();
  const walker = document.createTreeWalker(document.body);
  while (walker.nextNode()) {
    range.selectNode(walker.currentNode);
    const text = walker.currentNode.textContent.trim().slice(0, 60);
    if (range.getBoundingClientRect().right > width + 0.5) beyond.push(`${walker.currentNode.nodeName} ${text}`);
  }
  return {page: document.documentElement.scrollWidth - width, beyond};
}"""

_FOCUSED = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return {
    tag: element.tagName,
    action: element.dataset.action ?? null,
    name: element.getAttribute('name'),
    value: element.getAttribute('value'),
    visible: element.matches(':focus-visible') && (ring || style.boxShadow !== 'none'),
  };
}"""

CONTROLS = frozenset({"button", "checkbox", "combobox", "link", "radio", "searchbox", "spinbutton", "textbox"})


async def poor_contrasts(page: Page, least: float = 4.5) -> list[str]:
    """Texts and controls whose contrast with what lies behind them is too low (WCAG 2.2, 1.4.3)."""
    found: list[dict[str, Any]] = await page.evaluate(_CONTRAST)
    assert found, "there is nothing to read on this page"
    return [f"{each['text'][:60]!r}: {each['ratio']:.2f}" for each in found if each["ratio"] < least]


async def sticks_out(page: Page) -> list[str]:
    """What makes the page scroll sideways (WCAG 2.2, 1.4.10); empty when nothing does."""
    measured = await page.evaluate(_OVERFLOW)
    return [f"the page scrolls by {measured['page']} pixels", *measured["beyond"]] if measured["page"] > 0 else []


async def focused(page: Page) -> dict[str, Any]:
    """Where the keyboard is, and whether one can see that it is there."""
    there: dict[str, Any] = await page.evaluate(_FOCUSED)
    return there


async def nameless_controls(page: Page) -> list[str]:
    """Controls that a screen reader cannot name (WCAG 2.2, 4.1.2), read from Chromium's own accessibility tree."""
    session = await page.context.new_cdp_session(page)
    try:
        tree = await session.send("Accessibility.getFullAXTree")
    finally:
        await session.detach()
    controls = [node for node in tree["nodes"] if node.get("role", {}).get("value") in CONTROLS and not node["ignored"]]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in controls]
    return [f"a {role} without a name" for role, name in named if not name]

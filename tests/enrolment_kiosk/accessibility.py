"""What a page must give everybody, measured on what the browser really shows (WCAG 2.2 AA)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# 1.4.3: text against the ground behind it, colours as computed, transparency blended.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parse = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const blend = (over, under) =>
    [0, 1, 2].map((i) => over[i] * over[3] + under[i] * (1 - over[3])).concat(1);
  const light = (colour) => {
    const [r, g, b] = colour.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3]) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, over) => blend(over, under), [255, 255, 255, 1]);
  };
  const seen = [], weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest("script, :disabled, .unseen")) continue;
    const open = document.querySelector("dialog[open]");
    if (open && !open.contains(element)) continue;
    const style = getComputedStyle(element);
    const behind = ground(element);
    const shades = [light(blend(parse(style.color), behind)), light(behind)].sort();
    const ratio = (Math.max(...shades) + 0.05) / (Math.min(...shades) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    seen.push(ratio);
    const text = walker.currentNode.textContent.trim();
    if (ratio < (large ? 3 : 4.5)) weak.push(`${ratio.toFixed(2)} ${text}`);
  }
  return { texts: seen.length, weak };
}"""

# 4.1.2: whatever can be worked has a name; 1.3.1: every field has a label.
NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, nav, img, table")]
  .filter((element) => element.checkVisibility() && !element.closest(".unseen"))
  .filter((element) => {
    const by = (name) => (element.getAttribute(name) ?? "").split(" ")
      .map((id) => document.getElementById(id)?.textContent ?? "").join("");
    const own = element.matches("table") ? element.closest("[aria-labelledby]") !== null : "";
    const label = [...(element.labels ?? [])].map((one) => one.textContent).join("");
    const name = element.getAttribute("aria-label") ?? by("aria-labelledby");
    return !(name || own || label || element.alt || element.textContent).toString().trim();
  })
  .map((element) => element.outerHTML.slice(0, 80))"""

# What an element is called: its id, else its text without the seconds that run on in it.
NAMED = """(element) => element.id || element.textContent.trim().replace(/\\d+/g, "0")"""

OUTLINE = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { id: (NAMED)(element), ring, seen: box.width > 1 };
}""".replace("NAMED", NAMED)

WORKABLE = """() => {
  const inside = document.querySelector("dialog[open]") ?? document.body;
  return [...inside.querySelectorAll("button, a[href], input")]
    .filter((element) => element.checkVisibility() && !element.disabled)
    .filter((element) => element.type !== "radio")
    .map(NAMED);
}""".replace("NAMED", NAMED)


def weak_texts(page: Page) -> list[str]:
    """Return texts below the contrast of AA on the page as it is, in light and in dark."""
    weak = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = page.evaluate(CONTRAST)
        assert found["texts"] > 3
        weak += [f"{scheme} {text}" for text in found["weak"]]
    return weak


def overflow(page: Page, width: int, height: int) -> int:
    """Return by how many CSS pixels the page is wider than such a window."""
    page.set_viewport_size({"width": width, "height": height})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    open_dialog = """Math.max(0, ...[...document.querySelectorAll("dialog[open]")]
      .map((one) => one.scrollWidth - one.clientWidth))"""
    return int(page.evaluate(f"Math.max({wide}, {open_dialog})"))


def nameless(page: Page) -> list[str]:
    """Return what can be worked or looked at, but has no name for a screen reader."""
    found: list[str] = page.evaluate(NAMELESS)
    return found


def unreachable(page: Page) -> list[str]:
    """Press Tab all round; return what it did not reach, or reached without a visible ring."""
    wanted = set(page.evaluate(WORKABLE))
    assert wanted
    without_ring = []
    for _ in range(3 * len(wanted) + 9):
        page.keyboard.press("Tab")
        at = page.evaluate(OUTLINE)
        if at["id"] in wanted and at["seen"]:
            wanted.discard(at["id"])
            if not at["ring"]:
                without_ring.append(f"{at['id']} shows no focus")
        if not wanted:
            break
    return sorted(wanted) + without_ring

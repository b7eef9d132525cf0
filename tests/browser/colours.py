"""Whether each text can be told from what lies behind it, and each link from the text around it.

The contrast of texts is two thirds of what `axe` costs, in each of the windows and colour schemes of every stop; and
the panel has few pairs of colours. So each text is described by all that decides about it, and `axe` judges one text of
each description that was not yet judged good. The descriptions are of computed colours: another scheme, or a rule for
narrow windows, makes other ones.
"""

from playwright.sync_api import Page

from tests.browser.violations import assert_no_violations

RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]
# For each text and field: how its letters look, what may keep `axe` from judging it, what is painted at its middle,
# from above down to the first colour behind it that hides the rest, and of a link what tells it from the text around
# it. `axe` fails neither a single letter nor what is disabled. An element of each description is kept for `axe`.
DESCRIPTIONS = """() => {
  const LAYER = ["backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode"];
  const CLEAR = "rgba(0, 0, 0, 0)|none|1|none|normal";
  const known = new Map();
  const layer = (element) => {
    if (!known.has(element)) {
      const style = getComputedStyle(element);
      known.set(element, style.opacity === "0" ? CLEAR : LAYER.map((name) => style[name]).join("|"));
    }
    return known.get(element);
  };
  const ancestors = (element) => element ? [element, ...ancestors(element.parentElement)] : [];
  const stack = (element) => {
    let box = element.getClientRects()[0];
    if (box && (box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth)) {
      element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      box = element.getClientRects()[0];
    }
    const found = box ? document.elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2) : [];
    return found.includes(element) ? found : ancestors(element);
  };
  const painted = (element) => {
    const layers = [];
    let below = false;
    for (const part of stack(element)) {
      below ||= part === element;
      if (part === element) layers.push("letters");
      if (layer(part) !== CLEAR) layers.push(layer(part));
      if (below && layer(part).startsWith("rgb(")) break;
    }
    return layers;
  };
  const letters = (element) => {
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
    const size = parseFloat(fontSize) * (fontWeight >= 700 ? 24 / 18.66 : 1);
    return [color, textShadow, size >= 24];  // WCAG asks less of large letters
  };
  const linked = (link) => {
    if (!link) return [];
    const { display, textDecorationLine, fontStyle, fontWeight, fontFamily, backgroundColor, borderBottom } =
      getComputedStyle(link);
    const [around] = ancestors(link.parentElement).filter((part) => getComputedStyle(part).display !== "inline");
    return [display, textDecorationLine, fontStyle, fontWeight, fontFamily, backgroundColor, borderBottom,
      letters(around), getComputedStyle(around).fontWeight, around.textContent.trim() === link.textContent.trim()];
  };
  const describe = (element, text) => JSON.stringify([
    letters(element), element.closest("[aria-hidden=true]") !== null, /[\\p{L}\\p{N}]/u.test(text), painted(element),
    linked(element.closest("a[href]")),
  ]);
  const disabled = (element) => element.closest(":disabled, [aria-disabled=true]")
    ?? element.closest("label")?.control?.disabled;
  const texts = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const [element, text] = [walker.currentNode.parentElement, walker.currentNode.data.trim()];
    if (text) texts.set(element, (texts.get(element) ?? "") + text);
  }
  for (const field of document.querySelectorAll("input, select, textarea")) texts.set(field, "field");
  const [x, y] = [scrollX, scrollY];
  window.described = new Map();
  for (const [element, text] of texts) {
    const seen = text.length > 1 && element.checkVisibility({ visibilityProperty: true });
    if (seen && !disabled(element)) described.set(describe(element, text), element.closest("a[href]") ?? element);
  }
  scrollTo(x, y);
  return [...described.keys()];
}"""

judged_good: set[str] = set()


def assert_colours(page: Page) -> None:
    """Fail when a text or link of the page, as it stands, is too hard to tell from what is around it."""
    new = set(page.evaluate(DESCRIPTIONS)) - judged_good
    if new:
        options = {"runOnly": RULES_OF_COLOUR}
        assert_no_violations(page, options, "given.map((each) => described.get(each))", sorted(new))
        judged_good.update(new)

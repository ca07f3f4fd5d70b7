"""The page in a real browser: no sideways scrolling on a phone, no error, legible light and dark, tables that sort."""

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--allow-file-access-from-files"),
    *("--virtual-time-budget=5000", "--enable-logging=stderr"),
)
SCHEMES = {"light": "--blink-settings=preferredColorScheme=1", "dark": "--blink-settings=preferredColorScheme=0"}
# Beside the page: an inner frame of the window's width, and what it finds written into the outer document.
PROBE = """<!doctype html><body>
<iframe id="frame" src="index.html" style="width:{width}px;height:800px;border:0"></iframe>
<pre id="found"></pre>
<script>
const luminance = ([r, g, b]) => [r, g, b]
  .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
function background(element, view) {{
  for (let own = element; own; own = own.parentElement) {{
    const colour = numbers(view.getComputedStyle(own).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }}
  return [255, 255, 255];
}}
function contrasts(page, view) {{
  const worst = {{ ratio: 21, text: "" }};
  for (const element of page.body.querySelectorAll("*")) {{
    const text = [...element.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim()).length;
    if (!text || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const pair = [numbers(view.getComputedStyle(element).color), background(element, view)].map(luminance);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < worst.ratio) Object.assign(worst, {{ ratio, text: element.textContent.slice(0, 60) }});
  }}
  return worst;
}}
function sorting(page) {{
  const table = page.querySelector("#table5-size").closest("table");
  const button = table.tHead.rows[0].cells[1].querySelector("button");
  button.focus();
  const ways = [];
  for (let click = 0; click < 3; click++) {{
    button.click();
    ways.push([button.closest("th").getAttribute("aria-sort"),
               ...[...table.tBodies[0].rows].map((row) => row.cells[1].textContent)]);
  }}
  return {{ ways, focused: page.activeElement === button, said: page.getElementById("sorted").textContent }};
}}
const frame = document.getElementById("frame");
frame.addEventListener("load", () => {{
  const page = frame.contentDocument;
  page.querySelectorAll("details").forEach((details) => details.open = true);
  document.getElementById("found").textContent = "FOUND" + JSON.stringify({{
    width: page.documentElement.scrollWidth,
    height: page.documentElement.scrollHeight,
    broken: [...page.images].filter((image) => !image.naturalWidth || !image.alt).length,
    nameless: [...page.querySelectorAll("button, a, [role=region]")].filter(
      (own) => !own.textContent.trim() && !own.getAttribute("aria-label")).length,
    paper: numbers(frame.contentWindow.getComputedStyle(page.body).backgroundColor),
    contrast: contrasts(page, frame.contentWindow),
    sorting: sorting(page),
  }}) + "END";
}});
</script>
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH")


@pytest.fixture(scope="module")
def look(files, tmp_path_factory):
    """look(width, scheme) -> what PROBE found, and the lines that the browser's console got."""
    directory = tmp_path_factory.mktemp("page")
    (directory / "index.html").write_bytes(files["index.html"])

    def probe(width, scheme):
        (directory / "probe.html").write_text(PROBE.format(width=width))
        profile = f"--user-data-dir={directory / 'profile'}"
        command = [CHROMIUM, *FLAGS, SCHEMES[scheme], profile, "--dump-dom", f"file://{directory}/probe.html"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        found = re.search("FOUND(.*?)END", done.stdout, re.DOTALL)
        assert found, done.stdout[-2000:]
        text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return json.loads(text), [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return probe


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1280, "dark")])
def test_the_page_fits_its_window_and_can_be_read(look, width, scheme):
    found, console = look(width, scheme)
    assert console == []
    assert found["width"] <= width
    assert found["height"] > 2000
    assert (found["broken"], found["nameless"]) == (0, 0)
    assert (max(found["paper"][:3]) < 60) == (scheme == "dark")
    # Web Content Accessibility Guidelines 2.2, 1.4.3: at least 4.5 to 1 for text.
    assert found["contrast"]["ratio"] >= 4.5, found["contrast"]
    # Parameters of mbert, distilmbert, td-distilmbert; a button can be focused and pressed with the keyboard.
    large, small = "177,853,440", "134,734,080"
    assert found["sorting"]["ways"] == [
        ["descending", large, small, small],
        ["ascending", small, small, large],
        ["none", large, small, small],
    ]
    assert found["sorting"]["focused"]
    assert found["sorting"]["said"] == "In the first order."

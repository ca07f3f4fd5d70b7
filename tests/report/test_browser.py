"""The page in a real browser: no sideways scrolling on a phone, and no error."""

import re
import shutil
import subprocess

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--allow-file-access-from-files",
        "--virtual-time-budget=5000",
    ),
)
# Beside the page: an inner frame of the phone's width, and what it finds written into the outer document.
PROBE = """<!doctype html><body>
<iframe id="phone" src="index.html" style="width:{width}px;height:800px;border:0"></iframe>
<p id="found"></p>
<script>
const errors = [];
const phone = document.getElementById("phone");
phone.addEventListener("load", () => {{
  phone.contentWindow.onerror = (message) => errors.push(message);
  phone.contentDocument.querySelectorAll("details").forEach((details) => details.open = true);
  const root = phone.contentDocument.documentElement;
  const broken = [...phone.contentDocument.images].filter((image) => !image.naturalWidth).length;
  document.getElementById("found").textContent =
    `width=${{root.scrollWidth}} height=${{root.scrollHeight}} broken=${{broken}} errors=${{errors.length}};`;
}});
</script>
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH")


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_fits_its_window(files, tmp_path, width):
    (tmp_path / "index.html").write_bytes(files["index.html"])
    (tmp_path / "probe.html").write_text(PROBE.format(width=width))
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        f"file://{tmp_path}/probe.html",
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r"width=(\d+) height=(\d+) broken=(\d+) errors=(\d+);", dom)
    assert found, dom[-2000:]
    scroll_width, height, broken, errors = map(int, found.groups())
    assert scroll_width <= width
    assert height > 2000
    assert (broken, errors) == (0, 0)

"""Write requirements.lock: the releases of constraints.txt with their sha256, for `pip install --require-hashes`.

    python lock_requirements.py

For CPython 3.11 on Linux x86_64, as pip itself finds them on the index. torch is left out: each machine takes the build
for its own processors.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
OWN_BUILD = "torch"


def main() -> None:
    pins = [
        line for line in (HERE / "constraints.txt").read_text().splitlines() if not line.startswith(OWN_BUILD + "==")
    ]
    with TemporaryDirectory() as directory:
        wanted, report = Path(directory, "pins.txt"), Path(directory, "report.json")
        wanted.write_text("\n".join(pins) + "\n")
        pip = [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--ignore-installed", "--no-deps"]
        subprocess.run([*pip, "--only-binary", ":all:", "--report", report, "-r", wanted], check=True)
        (HERE / "requirements.lock").write_text(locked(pins, json.loads(report.read_text())))


def locked(pins: list[str], report: dict) -> str:
    """Each pin with the sha256 of its file. report: pip's (https://pip.pypa.io/en/stable/reference/installation-report)."""
    hashes = {
        normal(f"{one['metadata']['name']}=={one['metadata']['version']}"): one["download_info"]["archive_info"][
            "hashes"
        ]
        for one in report["install"]
    }
    return "".join(f"{pin} --hash=sha256:{hashes[normal(pin)]['sha256']}\n" for pin in pins)


def normal(pin: str) -> str:
    return re.sub("[-_.]+", "-", pin.partition("==")[0]).lower() + "==" + pin.partition("==")[2]


if __name__ == "__main__":
    main()

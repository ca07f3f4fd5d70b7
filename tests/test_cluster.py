"""cluster.yaml by Ray's own validator, and what its spot machines do when they are announced to go."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.scripts.scripts import drain_node

ROOT = Path(__file__).parents[1]

# Ten answers that there is no notice, then one.
CURL = """#!/bin/bash
case "$*" in
    *api/token) echo token;;
    *instance-action) echo x >> $CALLS; [ $(wc -l < $CALLS) -gt 10 ] || exit 22; echo '{"action": "terminate"}';;
esac
"""


def test_it_is_valid_and_brings_the_files_it_names():
    config = yaml.safe_load((ROOT / "cluster.yaml").read_text())
    validate_config(prepare_config(config))
    assert all((ROOT / file).is_file() for file in config["file_mounts"].values())
    for command in (line for name in config if name.endswith("_commands") for line in config[name]):
        assert subprocess.run(["bash", "-n", "-c", f"({command})"]).returncode == 0, command


@pytest.mark.timeout(60)
def test_an_announced_machine_is_drained_once(tmp_path):
    stubs = {"curl": CURL, "sleep": "#!/bin/sh\n", "python": "#!/bin/sh\necho 0123abcd\n"}
    stubs["ray"] = '#!/bin/bash\nprintf "%s\\n" "$@" >> $TOLD\n'
    for name, text in stubs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls")}
    environment["TOLD"] = str(tmp_path / "told")
    done = subprocess.run(["bash", str(ROOT / "drain_spot.sh"), "10.0.0.1"], env=environment)
    assert done.returncode == 0 and len((tmp_path / "calls").read_text().split()) == 11
    command, *options = (tmp_path / "told").read_text().splitlines()
    assert command == "drain-node"
    told = drain_node.make_context("drain-node", options).params
    assert told["address"] == "10.0.0.1:6379" and told["node_id"] == "0123abcd"
    assert told["reason"] == "DRAIN_NODE_REASON_PREEMPTION" and told["deadline_remaining_seconds"] == 100

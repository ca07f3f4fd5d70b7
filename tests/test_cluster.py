"""cluster.yaml by Ray's own validator and EC2's description, what its machines install, the same for KubeRay, and what
spot machines do when they are announced to go."""

import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator
from packaging.requirements import Requirement
from ray.autoscaler._private.aws.config import _check_ami
from ray.autoscaler._private.kuberay.autoscaling_config import _derive_autoscaling_config_from_ray_cr
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.scripts.scripts import drain_node, start

from raykd.jobs.command_line import VERBS
from raykd.planning.load import load_experiment as load

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NO_JOB_NEEDS = {"benchmark", "development", "docs"}

# Ten answers that there is no notice, then one.
WGET = """#!/bin/bash
case "$*" in
    *api/token) echo token;;
    *instance-action) echo x >> $CALLS; [ $(wc -l < $CALLS) -gt 10 ] || exit 8; echo '{"action": "terminate"}';;
esac
"""


def cluster() -> dict:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


def access() -> dict[str, dict]:
    """The resources of cluster_access.yaml; "!Ref X" for a reference."""

    class Template(yaml.SafeLoader):
        pass

    Template.add_multi_constructor("!", lambda loader, tag, node: f"!{tag} {node.value}")
    resources: dict[str, dict] = yaml.load((ROOT / "cluster_access.yaml").read_text(), Template)["Resources"]
    return resources


def machines(config: dict) -> dict[str, dict]:
    """kind of machine -> what EC2 is asked for."""
    return {name: kind["node_config"] for name, kind in config["available_node_types"].items()}


def test_it_is_valid_and_brings_the_files_it_names():
    config = cluster()
    validate_config(prepare_config(cluster()))
    files = set(config["file_mounts"].values()) - {"~/.ray/auth_token", "./dist"}  # the user's own; of `make wheel`
    assert all((ROOT / file).is_file() for file in files)
    for command in (line for name in config if name.endswith("_commands") for line in config[name]):
        assert subprocess.run(["bash", "-n", "-c", f"({command})"]).returncode == 0, command


def test_ec2_would_take_its_machines():
    """By botocore's description of the call, with what Ray adds; Ray passes a misspelt key on as it is."""
    shape = botocore.session.get_session().get_service_model("ec2").operation_model("RunInstances").input_shape
    for name, machine in machines(cluster()).items():
        asked = {**machine, "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"], "MinCount": 1, "MaxCount": 1}
        report = ParamValidator().validate(asked, shape)
        assert not report.has_errors(), f"{name}: {report.generate_report()}"
        (disk,) = machine["BlockDeviceMappings"]
        assert disk["Ebs"]["VolumeSize"] >= 200 and disk["Ebs"]["DeleteOnTermination"]


def test_the_head_runs_no_work_and_each_kind_of_machine_is_there_as_spot_and_on_demand(monkeypatch):
    config = cluster()
    kinds = config["available_node_types"]
    head = kinds.pop(config["head_node_type"])
    assert head["resources"] == {"CPU": 0} and "--num-cpus=0" in config["head_start_ray_commands"][1].split()
    for what, resources in (("cpu", {"CPU": 16}), ("gpu", {"CPU": 16, "GPU": 1})):
        spot, on_demand = kinds.pop(f"{what}-spot"), kinds.pop(f"{what}-on-demand")
        assert spot["node_config"].pop("InstanceMarketOptions") == {"MarketType": "spot"}
        assert spot.pop("priority") > on_demand.get("priority", 0)
        assert spot == on_demand and spot["resources"] == resources and spot["min_workers"] == 0
    assert not kinds
    # As many workers as the paper's configs ask for, where there is no spot machine at all, beside those that prepare.
    for name in ("RAYKD_STORAGE", "DUMPS"):
        monkeypatch.setenv(name, "s3://bucket/prefix")
    asked = load(ROOT / "configs/td.yaml").resources.train.most_workers
    assert asked <= cluster()["available_node_types"]["gpu-on-demand"]["max_workers"] <= cluster()["max_workers"] - 8


def test_every_process_asks_for_the_token_and_nobody_outside_is_answered():
    config = cluster()
    assert "--env=RAY_AUTH_MODE=token" in config["docker"]["run_options"]
    assert "RAY_AUTH_MODE=token" in (ROOT / "Dockerfile").read_text()
    head, worker = (config[f"{which}_start_ray_commands"][1] for which in ("head", "worker"))
    assert "--dashboard-host=127.0.0.1" in head.split()
    for command in (head, worker):
        words = shlex.split(command)
        assert words[:2] == ["ray", "start"]
        start.make_context("start", words[2:])  # click refuses an option that there is not


def test_ray_hands_the_image_of_each_region_to_ec2_as_it_stands_and_the_head_may_look_it_up():
    """Without an image Ray takes one of Ubuntu 18.04, whose driver is too old."""
    config = cluster()
    _check_ami(config)  # where Ray would put another in its place
    (image,) = {one["ImageId"] for one in machines(config).values()}
    kind, store, parameter = image.split(":")
    assert (kind, store) == ("resolve", "ssm")
    assert re.fullmatch(
        r"/aws/service/deeplearning/ami/x86_64/base-[a-z-]+-nvidia-driver-gpu-[\w.-]+/latest/ami-id", parameter
    )
    (allowed,) = (
        one["Resource"]
        for one in access()["HeadRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        if one["Action"] == "ssm:GetParameters"
    )
    assert parameter.startswith(allowed.partition(":parameter")[2].rstrip("*"))


def test_its_machines_may_do_what_they_need_and_no_more():
    """The group and the profiles that it names are those of cluster_access.yaml, which allows no "*" but to look."""
    template, config = access(), cluster()
    assert template["Group"]["Properties"]["GroupName"] == config["provider"]["security_group"]["GroupName"]
    (ssh,) = template["Group"]["Properties"]["SecurityGroupIngress"]
    assert (ssh["FromPort"], ssh["ToPort"], ssh["CidrIp"]) == (22, 22, "!Ref SshFrom")
    profiles = {one["Properties"].get("InstanceProfileName") for one in template.values()} - {None}
    kinds = machines(config)
    head = kinds.pop(config["head_node_type"])
    workers = {one["IamInstanceProfile"]["Name"] for one in kinds.values()}
    assert len(workers) == 1 and workers | {head["IamInstanceProfile"]["Name"]} == profiles
    assert all(one["MetadataOptions"]["HttpTokens"] == "required" for one in (head, *kinds.values()))
    role = template["HeadRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    (passed,) = (one["Resource"] for one in role if one["Action"] == "iam:PassRole")
    assert passed == "!GetAtt WorkerRole.Arn"
    for statement in (*role, *template["Objects"]["Properties"]["PolicyDocument"]["Statement"]):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions)
        assert statement["Resource"] != "*" or all(action.startswith("ec2:Describe") for action in actions)


def test_machines_and_image_install_the_same_with_all_that_configs_may_ask_for():
    (command,) = cluster()["setup_commands"]
    assert f"\nRUN {command}\n" in (ROOT / "Dockerfile").read_text()
    words = shlex.split(command)
    assert words[words.index("-c") + 1] == "/home/ray/constraints.txt" and "boto3" in words
    wheel, extras = re.fullmatch(r"/home/ray/dist/(.+\.whl)\[(.+)\]", words[-1]).groups()
    assert wheel == f"{PROJECT['name']}-{PROJECT['version']}-py3-none-any.whl"
    assert set(extras.split(",")) == PROJECT["optional-dependencies"].keys() - NO_JOB_NEEDS
    # Each of these and torch too, so that the replacement of a spot machine is like the others.
    pinned = {
        line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    asked = [
        *PROJECT["dependencies"],
        *(one for name in extras.split(",") for one in PROJECT["optional-dependencies"][name]),
    ]
    assert {Requirement(one).name.lower() for one in asked} | {"boto3"} <= pinned


def test_every_extra_that_the_code_names_is_installed():
    told = {
        extra
        for path in (ROOT / "raykd").rglob("*.py")
        for extra in re.findall(r"raykd\[([a-z0-9-]+)\]", path.read_text())
    }
    assert len(told) >= 4 and told <= PROJECT["optional-dependencies"].keys() - NO_JOB_NEEDS


def test_one_release_of_ray_everywhere():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    image = f"rayproject/ray:{pins['ray']}-py311-gpu"
    assert cluster()["docker"]["image"] == image
    assert f"\nFROM {image}\n" in (ROOT / "Dockerfile").read_text()
    assert kuberay("raycluster")["spec"]["rayVersion"] == pins["ray"]


def kuberay(name: str) -> dict:
    return yaml.safe_load((ROOT / "kuberay" / f"{name}.yaml").read_text())


def test_rays_autoscaler_reads_the_cluster_of_kuberay():
    custom = kuberay("raycluster")
    assert (custom["apiVersion"], custom["kind"]) == ("ray.io/v1", "RayCluster")
    custom["metadata"]["namespace"] = "default"
    kinds = _derive_autoscaling_config_from_ray_cr(custom)["available_node_types"]
    resources = {name: (kind["min_workers"], kind["max_workers"], kind["resources"]) for name, kind in kinds.items()}
    assert resources["headgroup"][2]["CPU"] == 0
    assert resources["cpu"][:2] == resources["gpu"][:2] == (0, 8)
    assert "GPU" not in resources["cpu"][2] and resources["gpu"][2]["GPU"] == 1


def test_its_pods_are_one_image_closed_to_the_outside_with_room_for_temporary_files():
    spec = kuberay("raycluster")["spec"]
    assert spec["authOptions"] == {"mode": "token"} and spec["headGroupSpec"]["serviceType"] == "ClusterIP"
    pods = [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    containers = [container for pod in pods for container in pod["containers"]]
    assert {one["image"] for one in containers} == {f"REGISTRY/raykd:{PROJECT['version']}"}
    assert all(one["resources"]["limits"] == one["resources"]["requests"] for one in containers)
    assert all(pod["restartPolicy"] == "Never" for pod in pods)  # which the operator asks of autoscaler v2
    for pod in pods:
        assert pod["containers"][0]["volumeMounts"] == [{"name": "scratch", "mountPath": "/tmp"}]
        assert pod["volumes"][0]["name"] == "scratch"
    assert all(pod["volumes"][0]["emptyDir"] == {"sizeLimit": "300Gi"} for pod in pods[1:])


def test_its_job_runs_there_on_a_config_of_the_image():
    job = kuberay("rayjob")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    # What the operator refuses beside a clusterSelector: retries, a cluster of its own, its removal.
    assert job["spec"].keys() == {"clusterSelector", "entrypoint", "runtimeEnvYAML"}
    assert job["spec"]["clusterSelector"] == {"ray.io/cluster": kuberay("raycluster")["metadata"]["name"]}
    program, verb, config = job["spec"]["entrypoint"].split()
    assert program in PROJECT["scripts"] and verb in VERBS
    copied = re.search(r"^COPY configs (\S+)$", (ROOT / "Dockerfile").read_text(), re.M)[1]
    text = (ROOT / "configs" / Path(config).relative_to(copied)).read_text()
    given = yaml.safe_load(job["spec"]["runtimeEnvYAML"])["env_vars"]
    assert given.keys() == set(re.findall(r"\$\{oc\.env:(\w+)", text))


@pytest.mark.timeout(60)
def test_an_announced_machine_is_drained_once(tmp_path):
    stubs = {"wget": WGET, "sleep": "#!/bin/sh\n", "python": "#!/bin/sh\necho 0123abcd\n"}
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

"""Ray's fake provider of machines, for the autoscaler's process."""

from functools import partialmethod
from typing import Any

from ray._private.parameter import RayParams
from ray.autoscaler._private.fake_multi_node.node_provider import FakeMultiNodeProvider


class Machines(FakeMultiNodeProvider):
    """Each with a directory of its own for what jobs bring, as machines have: where several share one, each that starts
    unpacks a job anew, in the place of the directory that the job's driver works in."""

    def _create_node_with_resources_and_labels(self, *arguments: Any, **values: Any) -> None:
        plain = RayParams.__init__
        name = f"runtime_resources_{self._next_node_id + 1}"
        RayParams.__init__ = partialmethod(plain, runtime_env_dir_name=name)
        try:
            super()._create_node_with_resources_and_labels(*arguments, **values)
        finally:
            RayParams.__init__ = plain

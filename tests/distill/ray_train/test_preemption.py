"""That Ray charges what all workers end with after a notice to the budget of announced losses."""

import pickle

from ray.train import FailureConfig
from ray.train.v2._internal.execution.failure_handling import FailureDecision
from ray.train.v2._internal.execution.failure_handling.default import DefaultFailurePolicy
from ray.train.v2.api.exceptions import WorkerGroupError

from raykd.distill.ray_train.preemption import Preempted


def test_it_is_an_announced_loss_and_no_failure():
    ended = pickle.loads(pickle.dumps(Preempted()))
    assert isinstance(ended, Preempted) and ended.preempted
    policy = DefaultFailurePolicy(FailureConfig(max_failures=0, max_preemption_failures=1))
    error = WorkerGroupError("", {0: ended, 1: ended})
    assert policy.make_decision(error) == FailureDecision.RETRY
    assert policy.make_decision(error) == FailureDecision.RAISE

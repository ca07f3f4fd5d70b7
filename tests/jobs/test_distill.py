"""Which encoders are made at the same time."""

from types import SimpleNamespace

from raykd.jobs.distill import rounds


def planned(name, *made_from):
    return SimpleNamespace(saved=name, made_from=made_from)


def test_encoders_wait_for_what_they_are_made_from():
    teacher, trimmed = planned("teacher"), planned("trimmed", "teacher")
    students = [planned(f"student-{seed}", "trimmed") for seed in (56, 57)]
    later = planned("later", "trimmed", "student-56")  # starts with that one's weights
    alone = planned("alone")
    made = list(rounds([later, *students, trimmed, teacher, alone]))
    assert made == [[teacher, alone], [trimmed], students, [later]]


def test_what_is_there_is_not_waited_for():
    students = [planned("student-56", "teacher"), planned("student-57", "teacher")]
    assert list(rounds(students)) == [students]
    assert list(rounds([])) == []

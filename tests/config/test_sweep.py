"""The sweep's students: how they are named, and what each of them is."""

import pytest

from raykd.config import Distill, Sweep, size_name

STUDENT = Distill(teacher="mbert", corpus="td", epochs=3, seeds=(1, 2))


def sweep(**keys) -> Sweep:
    return Sweep(**{"encoder": "td", "language": "eng", "task": "tags", "quantities": ("1.5GB", "3GB"), **keys})


def test_a_student_is_the_encoder_on_its_own_quantity():
    students = sweep().students_of(STUDENT)
    assert list(students) == ["td-1.5GB", "td-3GB"] == list(sweep().names)
    for student, size in zip(students.values(), (1_500_000_000, 3_000_000_000), strict=True):
        assert student.distill.budget.per_language == {"eng": size}
        assert student.distill.model_copy(update={"budget": None}) == STUDENT


def test_seeds_and_steps_of_the_sweep_are_its_students():
    for student in sweep(seeds=(5, 6, 7), steps=1000).students_of(STUDENT).values():
        assert (student.distill.seeds, student.distill.steps, student.distill.epochs) == ((5, 6, 7), 1000, 3)


def test_each_starts_warm_from_the_one_before_it():
    students = sweep(warm_start=True).students_of(STUDENT)
    assert [student.distill.start for student in students.values()] == [None, "td-1.5GB"]
    assert students["td-3GB"].needs == ("mbert", "td-1.5GB")


@pytest.mark.parametrize(
    ("size", "name"),
    [(1_500_000_000, "1.5GB"), (3_070_000_000, "3.07GB"), (150_000, "150kB"), (10**6, "1MB"), (7, "7B")],
)
def test_sizes_are_named_as_people_write_them(size, name):
    assert size_name(size) == name

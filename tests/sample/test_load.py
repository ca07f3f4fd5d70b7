"""The data files of languages: complete as they are, and refused with the file and the key where they are not."""

import subprocess
import sys
from pathlib import Path

import pytest

from raykd.package_data import read_yaml
from raykd.sample import LANGUAGES, load
from raykd.sample.load import Language, Programming, load_language, load_programming

DIRECTORY = Path(load.__file__).parent


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_words_for_every_topic(code: str) -> None:
    language = load_language(code)
    assert language.code == code
    assert language.technical.phrases.keys() == load_programming().topics.keys()
    assert load_language(code) is language  # read once


def test_every_language_has_a_file() -> None:
    assert LANGUAGES == ("eng", "jpn", "por", "rus", "spa")


def test_ten_tags_have_topics_and_code() -> None:
    programming = load_programming()
    assert len(programming.tags) == 10
    assert sum(technology.share for technology in programming.technologies.values()) == 100


def test_forms_are_dealt_out() -> None:
    sectors = load_language("rus").messages.sectors
    assert [sectors["retail"][slot][2] for slot in ("product", "the", "of")] == ["лампа", "лампу", "лампы"]


def test_a_value_may_be_a_choice() -> None:
    record = load_language("eng").general.subjects["animals"].records[0]
    assert record[:3] == (("python",), ("snake",), ("rain forests", "swamps"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("capitals: true", "capitals: true\ncaptals: true", "captals: unknown key"),
        ("capitals: true\n", "", "capitals: Field required"),
        ("capitals: true", "capitals: true\ncapitals: false", "the key 'capitals' is given twice, line 5"),
        ("capitals: true", "capitals: [true", "while parsing a flow sequence"),
        ("homonyms: [python,", "homonyms: [404,", "homonyms.0: Input should be a valid string"),
        ("  closings:\n", "  closings: []\n  openers:\n", "technical.closings: Tuple should have at least 1 item"),
        ("- How to {goal}?", "- How to {gaol}?", "technical: titles: no pool is called {gaol}, in 'How to {gaol}?'"),
        ("- How to {goal}?", "- How to {name}?", "technical: titles: no pool is called {name}"),
        ("    linq:\n", "    linc:\n", "technical: phrases: linq is missing"),
        ("  terms: {}", "  terms: {teh JDK: JDK}", "technical: terms.teh JDK: unknown key"),
        ("    request:\n", "    requests:\n", "messages.kinds.request: Field required"),
        ("      - i want to {task}", "      - i want {a_task}", "messages: kinds.request: no pool is called {a_task}"),
        ("      brand: [Norvik,", "      brand: [Norvik]\n      label: [x,", "messages: sectors.retail.brand: give 3"),
        (
            "      service: [click",
            "      service/to: [click",
            "messages.sectors.retail: 'click and collect' has 1 forms",
        ),
        (
            "- [lion, cat,",
            "- [lion, [big, cat], cat,",
            "general.subjects.animals: records.1: 6 values for the 5 columns",
        ),
        ("- It hunts at night in {place}", "- It hunts in {trade}", "general: subjects.animals.sentences: no pool"),
    ],
)
def test_a_faulty_language_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (DIRECTORY / "languages/eng.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "eng.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError) as error:
        read_yaml(path, Language, code="eng")
    assert str(error.value).startswith(f"{path}: {problem}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("    share: 12\n", "", "technologies.c#.share: Field required"),
        ("  shared:\n", "  common:\n", "technologies: shared is missing"),
        ("      wpf:\n", "      swing:\n", "technologies: two topics are called swing"),
        ("public class {type}\n", "public class {class}\n", "technologies.c#.code: no pool is called {class}"),
    ],
)
def test_faulty_programming_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (DIRECTORY / "programming.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "programming.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError) as error:
        read_yaml(path, Programming)
    assert str(error.value).startswith(f"{path}: {problem}")


def test_writing_a_sample_needs_neither_torch_nor_ray() -> None:
    script = "import sys, raykd.sample as s; s.load.load_language('eng'); print({'torch', 'ray'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout == "set()\n"

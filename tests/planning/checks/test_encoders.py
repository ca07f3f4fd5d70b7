"""What is known of encoders before anything runs: local models, and what a student asks of its teacher."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from raykd.errors import InputError
from raykd.planning.checks.encoders import KnownEncoder, known_encoder
from raykd.planning.load import load_experiment as load

HEAD = "cls.predictions.transform.dense.weight"


@pytest.fixture
def make_model(tmp_path):
    """A saved model as far as the checks look: config.json and the names of its weights."""

    def make(name: str = "saved", head: bool = True, **values) -> Path:
        directory = tmp_path / name
        directory.mkdir()
        config = {"model_type": "bert", "num_hidden_layers": 4, "max_position_embeddings": 64}
        config |= {"hidden_size": 48, "num_attention_heads": 4}
        (directory / "config.json").write_text(json.dumps(config | values))
        save_file({HEAD if head else "pooler.dense.weight": np.zeros(1, np.float32)}, directory / "model.safetensors")
        return directory

    return make


@pytest.fixture
def experiment(tmp_path):
    """experiment(encoders as YAML): loads an experiment with a corpus `text` and these encoders."""

    def read(encoders: str):
        path = tmp_path / "config.yaml"
        source = "{reader: table, language: eng, path: x.jsonl}"
        path.write_text(
            f"name: x\nstorage: runs\nlanguages: [eng]\ncorpora: {{text: {{sources: [{source}]}}}}\n"
            f"encoders:\n{encoders}"
        )
        return load(path)

    return read


@pytest.fixture
def refused(experiment):
    def read(encoders: str) -> str:
        with pytest.raises(InputError) as error:
            experiment(encoders)
        message = str(error.value)
        assert "\n" not in message
        return message.split("config.yaml: ", 1)[1]

    return read


@pytest.mark.parametrize("model", ["/nowhere/model", "./model", "../model", "runs/x/encoders/y"])
def test_a_local_model_must_be_there(refused, model):
    assert refused(f"  base: {{model: {model}}}\n").startswith(f"encoders.base.model: {model}: no such directory")


def test_a_directory_without_a_model(refused, tmp_path):
    assert "has no config.json" in refused(f"  base: {{model: {tmp_path}}}\n")


@pytest.mark.parametrize("model", ["bert-base-uncased", "google-bert/bert-base-multilingual-cased"])
def test_names_of_the_hub_are_let_through(experiment, model):
    encoders = experiment(
        f"  base: {{model: {model}}}\n  student: {{distill: {{teacher: base, corpus: text}}}}\n"
    ).encoders
    assert known_encoder(encoders, "student") is None


def test_what_a_student_asks_of_a_saved_teacher(refused, make_model):
    base = f"  base: {{model: {make_model()}}}\n"

    def student(**values: object) -> str:
        settings = {"teacher": "base", "corpus": "text", "layers": 2, "max_length": 64} | values
        return f"{base}  student: {{distill: {json.dumps(settings)}}}\n"

    assert refused(student(layers=6)) == "encoders.student.layers: 6 asked, but the teacher has 4"
    assert refused(student(layers=[0, 4])).endswith("layers: [0, 4] asked, but the teacher has layers 0 to 3")
    assert refused(student(max_length=128)) == "encoders.student.max_length: 128, but base has positions for 64"


def test_a_teacher_without_a_head_names_the_remedy(refused, experiment, make_model):
    base = f"  base: {{model: {make_model(head=False)}}}\n"
    message = refused(base + "  student: {distill: {teacher: base, corpus: text, layers: 2, max_length: 64}}\n")
    assert message.startswith("encoders.student.teacher: base has no masked-language head")
    assert "adapt: {encoder: base" in message
    adapted = base + "  adapted: {adapt: {encoder: base, corpus: text, max_length: 64}}\n"
    found = experiment(adapted + "  student: {distill: {teacher: adapted, corpus: text, layers: 2, max_length: 64}}\n")
    assert known_encoder(found.encoders, "adapted") == KnownEncoder("bert", 4, 64, 48, 4, True)
    assert known_encoder(found.encoders, "student") == KnownEncoder("distilbert", 2, 64, 48, 4, True)


def student_of(model: Path, **values: object) -> str:
    """A student that learns hidden states alone, as YAML."""
    settings = {"teacher": "base", "corpus": "text", "layers": 2, "max_length": 64}
    loss = {"distillation": 0, "mlm": 0} | dict(values.pop("loss", {}))  # type: ignore[call-overload]
    return f"  base: {{model: {model}}}\n  student: {{distill: {json.dumps(settings | values | {'loss': loss})}}}\n"


def test_a_teacher_without_a_head_teaches_hidden_states(refused, experiment, make_model):
    model = make_model(head=False)
    found = experiment(student_of(model, masking={"rate": 0}))
    assert known_encoder(found.encoders, "student") == KnownEncoder("distilbert", 2, 64, 48, 4, False)
    for loss in ({"mlm": 1}, {"distillation": 1}):
        message = refused(student_of(model, loss=loss))
        assert message.startswith("encoders.student.teacher: base has no masked-language head")
        assert message.endswith("or set both to 0")
    assert refused(student_of(model, validation={})).startswith("encoders.student.validation: base has no masked-lang")
    assert known_encoder(experiment(student_of(make_model("whole"))).encoders, "student").has_head
    adapted = student_of(model) + "  more: {adapt: {encoder: student, corpus: text, max_length: 64}}\n"
    assert known_encoder(experiment(adapted).encoders, "more").has_head


def test_a_student_of_another_width(refused, experiment, make_model):
    model, relations = make_model(), {"cosine": 0, "relations": {"weight": 1}}
    random = {"initialisation": "random", "positions": "trained"}
    found = experiment(student_of(model, width=24, loss=relations, **random))
    assert known_encoder(found.encoders, "student") == KnownEncoder("distilbert", 2, 64, 24, 2, True)
    assert "width: 24, but the teacher's is 48" in refused(student_of(model, width=24, loss=relations))
    for loss in ({}, {"cosine": 0, "hidden_mse": 1}):
        message = refused(student_of(model, width=24, loss=loss, **random))
        assert message.startswith("encoders.student.loss: cosine and hidden_mse compare hidden states of one width")
    assert "width: 25 is no multiple of 12" in refused(student_of(model, width=25, loss=relations, **random))


def test_relations_that_a_teacher_lacks(refused, make_model):
    model = make_model()
    message = refused(student_of(model, loss={"relations": {"weight": 1, "layer": 4}}))
    assert message == "encoders.student.loss.relations.layer: 4 asked, but the teacher has layers 0 to 3"
    message = refused(student_of(model, loss={"relations": {"weight": 1, "heads": 5}}))
    assert message == "encoders.student.loss.relations.heads: 5 do not divide the width 48"


def test_masking_may_be_off_where_no_token_is_predicted(refused, experiment, make_model):
    model = make_model()
    experiment(student_of(model, masking={"rate": 0}, loss={"distillation": 1}))
    for values in ({"loss": {"mlm": 1}}, {"loss": {"distillation": 1, "kd_positions": "masked"}}, {"validation": {}}):
        assert "masking.rate is 0" in refused(student_of(model, masking={"rate": 0}, **values))
    more = f"  base: {{model: {model}}}\n  more: {{adapt: {{encoder: base, corpus: text, masking: {{rate: 0}}}}}}\n"
    assert "masking.rate is 0" in refused(more)


def test_teachers_of_another_kind(refused, make_model):
    base = f"  base: {{model: {make_model(model_type='xlm-roberta')}}}\n"
    message = refused(base + "  student: {distill: {teacher: base, corpus: text, layers: 2, max_length: 64}}\n")
    assert message.startswith("encoders.student.teacher: base is of kind 'xlm-roberta'")
    chain = "  a: {pretrain: {corpus: text, layers: 4, tokenizer: {train: {vocabulary: 100}}}}\n"
    chain += "  b: {distill: {teacher: a, corpus: text, layers: 2}}\n"
    message = refused(chain + "  c: {distill: {teacher: b, corpus: text, layers: 1}}\n")
    assert message == "encoders.c.teacher: b is a DistilBERT, and teachers are BERT"


def test_a_model_of_another_kind_may_still_be_scored(experiment, make_model):
    experiment(f"  base: {{model: {make_model(model_type='xlm-roberta')}}}\n")


def test_weights_that_are_no_safetensors(refused, make_model):
    directory = make_model()
    (directory / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    text = f"  base: {{model: {directory}}}\n  more: {{adapt: {{encoder: base, corpus: text, max_length: 64}}}}\n"
    assert f"{directory}/model.safetensors: no safetensors file" in refused(text)

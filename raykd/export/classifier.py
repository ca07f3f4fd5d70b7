"""A classifier of this repository for transformers' `pipeline("text-classification")`, on onnxruntime.

The repository's README shows the call; whoever makes it agrees that this file is run.
It needs torch, transformers and onnxruntime. `onnx` says which graph is used: onnx/model_int8.onnx or onnx/model.onnx.
"""

import onnxruntime
import torch
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.utils import cached_file

HUB_SETTINGS = ("revision", "token", "cache_dir", "local_files_only")


class ClassifierConfig(PreTrainedConfig):
    model_type = "onnx-classifier"

    def __init__(self, heads=None, head=None, onnx=None, **settings):
        """heads: labels, kind and thresholds by name; head: the one that answers."""
        super().__init__(**settings)
        self.heads, self.head, self.onnx = heads or {}, head, onnx


class OnnxClassifier(PreTrainedModel):
    """Logits of one head; its labels and whether a text may have several are in the config."""

    config_class = ClassifierConfig
    main_input_name = "input_ids"

    def __init__(self, config, graph):
        if config.head not in config.heads:
            raise ValueError(f"no head is called {config.head!r}; there are: {', '.join(config.heads)}")
        own = config.heads[config.head]
        config.id2label = dict(enumerate(own["labels"]))
        config.label2id = {label: number for number, label in config.id2label.items()}
        several = own["kind"] == "multi-label"
        config.problem_type = "multi_label_classification" if several else "single_label_classification"
        super().__init__(config)
        self.several = several
        self.session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        self.placeholder = torch.nn.Parameter(torch.zeros(0), requires_grad=False)  # a model's device is its weights'

    @classmethod
    def from_pretrained(cls, name, *arguments, config=None, **settings):  # type: ignore[override]
        own = {key: settings[key] for key in HUB_SETTINGS if key in settings}
        return cls(config, cached_file(name, config.onnx, **own)).eval()

    def forward(self, input_ids, attention_mask, **others):
        inputs = {"input_ids": input_ids.cpu().numpy(), "attention_mask": attention_mask.cpu().numpy()}
        (found,) = self.session.run([f"{self.config.head}.probabilities"], inputs)
        probabilities = torch.from_numpy(found)
        return SequenceClassifierOutput(logits=probabilities.logit(1e-7) if self.several else probabilities.log())

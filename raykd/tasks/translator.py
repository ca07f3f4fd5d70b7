"""Texts to translations with a Hugging Face sequence-to-sequence model: batches of like length, no sampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoTokenizer

from raykd.config import Translate
from raykd.errors import InputError


class Translation(NamedTuple):
    """text: "" where there is a problem: "long" (the text has too many tokens), "unfinished" (so has its translation)
    or "empty"."""

    text: str
    problem: str = ""


class Translator:
    """From one language to another. The same texts in the same order give the same translations on the same device."""

    def __init__(self, spec: Translate, source: str, target: str, batch_tokens: int, device: str = "cpu") -> None:
        """Raises InputError for a model that cannot be loaded or does not know one of the languages."""
        self.spec, self.batch_tokens, self.device = spec, batch_tokens, device
        self.prompt = spec.prompt_of(source, target)
        self.tokenizer, self.first_token = open_tokenizer(spec, source, target)
        name = spec.model_of(source, target)
        try:
            # Half the memory on a GPU, where a model is saved so; a CPU is slow in anything but float32.
            dtype = torch.float32 if device == "cpu" else "auto"
            model = AutoModelForSeq2SeqLM.from_pretrained(
                name, revision=spec.revision, dtype=dtype, trust_remote_code=False
            )
        except (OSError, ValueError) as error:
            raise InputError(f"translate.model: {name} cannot be loaded ({_line(error)})") from error
        self.model = model.eval().to(device)

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> list[Translation]:
        """One for each text, in their order."""
        if not texts:
            return []
        ids = self.tokenizer([self.prompt + text for text in texts])["input_ids"]
        found = [Translation("", "long")] * len(texts)
        short = [place for place, tokens in enumerate(ids) if len(tokens) <= self.spec.max_tokens]
        for batch in batches([len(ids[place]) for place in short], self.batch_tokens):
            places = [short[index] for index in batch]
            for place, translation in zip(places, self._generate([ids[place] for place in places]), strict=True):
                found[place] = translation
        return found

    def _generate(self, ids: list[list[int]]) -> list[Translation]:
        inputs = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self.device)
        first = {} if self.first_token is None else {"forced_bos_token_id": self.first_token}
        output = self.model.generate(
            **inputs, **first, num_beams=self.spec.beams, do_sample=False, max_new_tokens=self.spec.max_tokens
        )
        # Some models force an end at the limit: what fills it is cut off, whatever its last token.
        cut = (output[:, 1:] != self.tokenizer.pad_token_id).sum(dim=1) >= self.spec.max_tokens
        # The start and, after it, the language, which not every tokenizer knows for a special token.
        words = output[:, 1 if self.first_token is None else 2 :]
        texts = self.tokenizer.batch_decode(words, skip_special_tokens=True)
        return [_judged(text.strip(), unfinished) for text, unfinished in zip(texts, cut.tolist(), strict=True)]


def _judged(text: str, unfinished: bool) -> Translation:
    if unfinished or not text:
        return Translation("", "unfinished" if unfinished else "empty")
    return Translation(text)


def batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Places of texts in batches of at most batch_tokens with padding, the longest first; at least one a batch."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def open_tokenizer(spec: Translate, source: str, target: str) -> tuple[Any, int | None]:
    """The tokenizer, and the token that makes a model of many languages write in the target one; else none.

    Raises InputError where the model is not there, is of another kind, is too short or does not know a language.
    """
    name = spec.model_of(source, target)
    try:
        config = AutoConfig.from_pretrained(name, revision=spec.revision, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(name, revision=spec.revision, trust_remote_code=False)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(
            f"translate.model: {name} cannot be loaded ({_line(error)}); many tokenizers need: pip install "
            "'raykd[translation]'"
        ) from error
    if not config.is_encoder_decoder:
        raise InputError(f"translate.model: {name} is no sequence-to-sequence model ({config.model_type})")
    positions = getattr(config, "max_position_embeddings", None)
    if positions and spec.max_tokens > positions:
        raise InputError(f"translate.max_tokens: {spec.max_tokens}, but {name} has {positions} positions")
    if not hasattr(tokenizer, "src_lang"):
        return tokenizer, None
    tokens = [_language_token(tokenizer, spec.code(language), language, name) for language in (source, target)]
    tokenizer.src_lang = spec.code(source)
    return tokenizer, tokens[1]


def _language_token(tokenizer: Any, code: str, language: str, name: str) -> int:
    """M2M100's tokens are called otherwise than its codes, and it has a method for them; NLLB's and mBART's are not."""
    try:
        token = tokenizer.get_lang_id(code) if hasattr(tokenizer, "get_lang_id") else _token(tokenizer, code)
    except KeyError as error:
        raise InputError(
            f"translate.codes: {name} knows no language {code!r}; give what it calls {language}, say {{eng: eng_Latn}}"
        ) from error
    return int(token)


def _token(tokenizer: Any, code: str) -> int:
    return int(tokenizer.get_vocab()[code])


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]

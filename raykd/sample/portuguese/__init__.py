"""Portuguese patterns, in the Portuguese of Brazil."""

from raykd.sample.language import Language
from raykd.sample.portuguese.general import GENERAL
from raykd.sample.portuguese.messages import MESSAGES
from raykd.sample.portuguese.technical import TECHNICAL
from raykd.sample.templates import words

PORTUGUESE = Language(
    code="por",
    space=" ",
    capitals=True,
    tag_form=("|", "|", "|"),  # as dumps have been written since 2024
    homonyms=words(
        "java | classe | terminal | janela | porta | linha | folha | tabela | fila | rede | chave | laço | pilha"
    ),
    technical=TECHNICAL,
    messages=MESSAGES,
    general=GENERAL,
)

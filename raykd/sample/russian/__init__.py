"""Russian patterns."""

from raykd.sample.language import Language
from raykd.sample.russian.general import GENERAL
from raykd.sample.russian.messages import MESSAGES
from raykd.sample.russian.technical import TECHNICAL
from raykd.sample.templates import words

RUSSIAN = Language(
    code="rus",
    space=" ",
    capitals=True,
    tag_form=("|", "|", "|"),  # as dumps have been written since 2024
    homonyms=words(
        "питон | ява | класс | поток | окно | порт | ключ | сеть | строка | таблица | очередь | терминал | стек | цикл"
    ),
    technical=TECHNICAL,
    messages=MESSAGES,
    general=GENERAL,
)

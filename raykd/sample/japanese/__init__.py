"""Japanese patterns."""

from raykd.sample.japanese.general import GENERAL
from raykd.sample.japanese.messages import MESSAGES
from raykd.sample.japanese.technical import TECHNICAL
from raykd.sample.language import Language
from raykd.sample.templates import words

JAPANESE = Language(
    code="jpn",
    space="",
    capitals=False,
    tag_form=("|", "|", "|"),  # as dumps have been written since 2024
    homonyms=words(
        "パイソン | ジャワ | ターミナル | クラス | フロート | オラクル | シェル | ウィンドウ | スレッド"
        " | ストリング | フォーム | コード | パス | ドライバー"
    ),
    technical=TECHNICAL,
    messages=MESSAGES,
    general=GENERAL,
)

"""The form of a Stack Exchange dump's Posts.xml (https://archive.org/details/stackexchange): one row a post."""

from datetime import datetime

HEAD = '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n'
TAIL = "</posts>\r\n"

# The order in which a dump writes the attributes of a row.
ORDER = (
    "AcceptedAnswerId",
    "ParentId",
    "CreationDate",
    "Score",
    "ViewCount",
    "Body",
    "OwnerUserId",
    "OwnerDisplayName",
    "LastEditorUserId",
    "LastEditDate",
    "LastActivityDate",
    "Title",
    "Tags",
    "AnswerCount",
    "CommentCount",
    "FavoriteCount",
    "ClosedDate",
    "CommunityOwnedDate",
    "ContentLicense",
)
_ESCAPED = frozenset(("Body", "Title", "Tags"))


def row(number: int, kind: int, attributes: dict[str, str | int]) -> str:
    """Write one row; `kind` is 1 for a question, 2 for an answer; `attributes` are those of ORDER that it has."""
    fields = [f'  <row Id="{number}" PostTypeId="{kind}"']
    for name in ORDER:
        if name in attributes:
            value = attributes[name]
            fields.append(f'{name}="{_escape(str(value)) if name in _ESCAPED else value}"')
    return " ".join(fields) + " />\r\n"


def _escape(text: str) -> str:
    """Escape an attribute's value as the dumps do: a line's end is a character reference, not a line's end."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\n", "&#xA;")


def moment(time: datetime) -> str:
    """Write a time as the dumps do: ISO 8601 to the millisecond, without a zone (it is UTC)."""
    return time.isoformat(timespec="milliseconds")

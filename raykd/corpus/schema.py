"""The columns that stages hand to each other."""

import pyarrow as pa

# A document as it is read from a source: clean text, or a problem that says why there is none.
DOCUMENT = pa.schema(
    [
        ("doc_id", pa.string()),  # 32 hexadecimal digits, a hash of source and native id
        ("rank", pa.uint64()),  # the shuffle key, a hash of (seed, doc_id): ascending, a uniform shuffle
        ("language", pa.string()),
        ("text", pa.string()),
        ("labels", pa.list_(pa.string())),  # tags, or one label; empty where the row has none
        ("group", pa.string()),  # company, author, ...: "" where the source names none
        ("origin", pa.string()),  # "natural", "translated", ...: "" where the source names none
        ("unknown", pa.list_(pa.string())),  # labels of which the source does not say whether the row has them
        ("known", pa.list_(pa.string())),  # the only labels, but for its own, of which it does; null: all of them
        ("split", pa.string()),  # train, validation or test, where the source says so; else ""
        ("place", pa.string()),  # file and byte offset or row, for messages
        ("problem", pa.string()),  # "" for a good row
        ("id", pa.string()),  # what the source itself calls the row; "" where it names no column for that
    ]
)

# A document of texts/, by ascending shuffle key. bytes: of its UTF-8 text.
TEXT = pa.schema(
    [
        ("doc_id", pa.string()),
        ("rank", pa.uint64()),
        ("bytes", pa.int64()),
        ("text", pa.string()),
        ("group", pa.string()),
    ]
)

# A sequence of tokens/: one chunk of a document (`piece`: its number), without special tokens. bytes: of the whole
# document, on chunk 0 only.
TOKENS = pa.schema(
    [
        ("doc_id", pa.string()),
        ("piece", pa.int32()),
        ("rank", pa.uint64()),
        ("bytes", pa.int64()),
        ("input_ids", pa.list_(pa.int32())),
    ]
)

"""Ways to curate a JSONL file of conversations: frameworks, and scripts of our own; run by `runner.py`.

Each reads `task["input"]`, normalises blanks and Unicode, drops conversations of other lengths than
200 to 40,000 characters, keeps one of each exact or near duplicate (word 5-grams, 128 permutations,
Jaccard similarity 0.7), and writes `dataset.parquet` and `dataset.jsonl` files below `task["out"]`.
Frameworks run as their documentation shows, with two workers.
"""

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

LEAST_CHARS, MOST_CHARS = 200, 40_000
THRESHOLD, PERMUTATIONS, NGRAM_WORDS = 0.7, 128, 5
VERIFIED_BANDS, VERIFIED_ROWS = 32, 4
"""For the scripts: every candidate is measured, so that many bands cost no precision."""
WORKERS = 2
SPLIT_BYTES = 2**20
"""A file of at least this size is split for workers that take a file each."""

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]
Record = dict[str, Any]
_BLANKS = re.compile(r"[^\S\n]+")
_NO_WORD = re.compile(r"[^\w\s]|_")


def read_and_write(task: Task, clock: Clock) -> None:
    """The limit: nothing but reading and writing, by polars."""
    import polars as pl

    with clock("curate"):
        frame = pl.read_ndjson(task["input"])
        frame.write_parquet(f"{task['out']}/dataset.parquet")
        frame.write_ndjson(f"{task['out']}/dataset.jsonl")


def rensa_script(task: Task, clock: Clock) -> None:
    """orjson, rensa's R-MinHash and LSH, candidates verified; Parquet by pyarrow."""
    import orjson
    from rensa import RMinHash, RMinHashLSH

    with clock("curate"):
        records, texts = _distinct(orjson.loads, task)
        sketches: list[Any] = []
        for start in range(0, len(texts), 1_000):
            tokens = [list(_shingles(text)) for text in texts[start : start + 1_000]]
            sketches += RMinHash.from_token_sets(tokens, PERMUTATIONS, 42)
        index = RMinHashLSH(THRESHOLD, PERMUTATIONS, VERIFIED_BANDS)
        index.insert_many(sketches)
        flags = index.query_duplicate_flags(sketches)
        queries = (index.query(sketch) if flag else [] for sketch, flag in zip(sketches, flags, strict=True))
        kept = _first_of_similar(texts, queries)
        _write([records[number] for number in kept], orjson.dumps, task)


def datasketch_script(task: Task, clock: Clock) -> None:
    """orjson, datasketch's MinHash and LSH, candidates verified; Parquet by pyarrow."""
    import orjson
    from datasketch import MinHash, MinHashLSH

    with clock("curate"):
        records, texts = _distinct(orjson.loads, task)
        index = MinHashLSH(THRESHOLD, PERMUTATIONS, params=(VERIFIED_BANDS, VERIFIED_ROWS))
        tokens = ([shingle.encode() for shingle in _shingles(text)] for text in texts)

        def queries() -> Iterator[list[int]]:
            for number, sketch in enumerate(MinHash.generator(tokens, num_perm=PERMUTATIONS, seed=42)):
                yield index.query(sketch)
                index.insert(number, sketch, check_duplication=False)

        kept = _first_of_similar(texts, queries())
        _write([records[number] for number in kept], orjson.dumps, task)


def text_dedup_command(task: Task, clock: Clock) -> None:
    """`datasets` for reading, normalising and writing, and text-dedup's MinHash command between."""
    from datasets import load_from_disk

    out = Path(task["out"])
    with clock("curate"):
        _loaded(task).filter(_is_of_right_length, num_proc=WORKERS).save_to_disk(out / "normalised")
        subprocess.run(
            [
                *(sys.executable, "-m", "text_dedup.minhash", "--path", out / "normalised", "--local"),
                *("--output", out / "deduplicated", "--cache_dir", out / "cache", "--column", "text"),
                *("--ngram", str(NGRAM_WORDS), "--num_perm", str(PERMUTATIONS)),
                *("--threshold", str(THRESHOLD), "--hash_func", "xxh3", "--num_proc", str(WORKERS)),
            ],
            check=True,
        )
        found = load_from_disk(out / "deduplicated")
        found.to_parquet(out / "dataset.parquet")
        found.to_json(out / "dataset.jsonl", num_proc=WORKERS)


def datatrove_pipeline(task: Task, clock: Clock) -> None:
    """The four MinHash stages of datatrove's example with its 14 bands of 8, on a file for each worker."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
    )
    from datatrove.pipeline.filters import LambdaFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter, ParquetWriter

    out = Path(task["out"])
    config = MinhashConfig(n_grams=NGRAM_WORDS)

    def adapter(self: Any, data: Record, path: str, id_in_file: int) -> Record:  # noqa: ARG001
        record = _normalised(data)
        return {"text": _text(record), "id": record["id"], "metadata": record}

    def length(document: Any) -> bool:
        return LEAST_CHARS <= len(document.text) <= MOST_CHARS

    def stage(name: str, pipeline: list[Any], tasks: int) -> None:
        LocalPipelineExecutor(pipeline, tasks, WORKERS, str(out / "logs" / name), start_method="fork").run()

    def record(self: Any, document: Any) -> Record:  # noqa: ARG001
        return {key: value for key, value in document.metadata.items() if key != "file_path"}

    with clock("curate"):
        parts = _split(Path(task["input"]), out / "parts")
        n_parts = len(list(parts.iterdir()))
        source = [JsonlReader(str(parts), adapter=adapter), LambdaFilter(length)]
        signatures, buckets, remove = (str(out / name) for name in ("signatures", "buckets", "remove"))
        stage("1", [*source, MinhashDedupSignature(signatures, config)], n_parts)
        stage("2", [MinhashDedupBuckets(signatures, buckets, config=config)], config.num_buckets)
        stage("3", [MinhashDedupCluster(buckets, remove, config=config)], 1)
        stage(
            "4",
            [
                *source,
                MinhashDedupFilter(remove),
                JsonlWriter(str(out), "dataset-${rank}.jsonl", compression=None, adapter=record),
                ParquetWriter(str(out), "dataset-${rank}.parquet", adapter=record),
            ],
            n_parts,
        )


def data_juicer_recipe(task: Task, clock: Clock) -> None:
    """data-juicer's executor on a recipe: length filter and MinHash deduplicator."""
    from data_juicer.config import init_configs
    from data_juicer.core import DefaultExecutor
    from data_juicer.core.data import NestedDataset

    out = Path(task["out"])
    recipe = {
        "project_name": "curate",
        "dataset_path": task["input"],
        "export_path": str(out / "dataset.jsonl"),
        "work_dir": str(out / "work"),
        "np": WORKERS,
        "process": [
            {"text_length_filter": {"min_len": LEAST_CHARS, "max_len": MOST_CHARS}},
            {
                "document_minhash_deduplicator": {
                    "tokenization": "space",
                    "window_size": NGRAM_WORDS,
                    "lowercase": True,
                    "ignore_pattern": r"\p{P}",
                    "num_permutations": PERMUTATIONS,
                    "jaccard_threshold": THRESHOLD,
                }
            },
        ],
    }
    with clock("curate"):
        (out / "recipe.yaml").write_text(json.dumps(recipe))  # JSON is YAML
        executor = DefaultExecutor(init_configs(["--config", str(out / "recipe.yaml")]))
        found = executor.run(NestedDataset(_loaded(task)))
        found.to_parquet(out / "dataset.parquet")


def _normalised(record: Record) -> Record:
    """The record with composed Unicode, single blanks and no blanks at either end of a turn."""
    for turn in record["messages"]:
        content = turn["content"]
        if not content.isascii():
            content = unicodedata.normalize("NFC", content)
        turn["content"] = _BLANKS.sub(" ", content).strip()
    return record


def _text(record: Record) -> str:
    return "\n".join(turn["content"] for turn in record["messages"])


def _distinct(loads: Callable[[bytes], Record], task: Task) -> tuple[list[Record], list[str]]:
    """Records of the right length, and their texts; of several that say the same the first."""
    found: dict[str, Record] = {}
    with open(task["input"], "rb") as lines:
        for line in lines:
            record = _normalised(loads(line))
            text = _text(record)
            if LEAST_CHARS <= len(text) <= MOST_CHARS:
                found.setdefault(text, record)
    return list(found.values()), list(found)


def _shingles(text: str) -> set[str]:
    words = _NO_WORD.sub("", text.lower()).split()
    return {" ".join(words[start : start + NGRAM_WORDS]) for start in range(len(words) - NGRAM_WORDS + 1)}


def _first_of_similar(texts: list[str], queries: Iterator[list[int]]) -> list[int]:
    """Numbers of the texts that are not truly similar to one that is kept.

    `queries` gives the candidates of each text in turn.
    """
    kept: set[int] = set()
    for number, candidates in enumerate(queries):
        earlier = [candidate for candidate in candidates if candidate in kept]
        mine = _shingles(texts[number]) if earlier else set()
        if not any(_jaccard(mine, _shingles(texts[other])) >= THRESHOLD for other in earlier):
            kept.add(number)
    return sorted(kept)


def _jaccard(left: set[str], right: set[str]) -> float:
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared or 1)


def _write(records: list[Record], dumps: Callable[[Record], bytes], task: Task) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(records), f"{task['out']}/dataset.parquet", compression="zstd")
    with open(f"{task['out']}/dataset.jsonl", "wb") as lines:
        lines.writelines(dumps(record) + b"\n" for record in records)


def _loaded(task: Task) -> Any:
    """The file as a `datasets.Dataset`, normalised, with what is said in the column `text`."""
    from datasets import load_dataset

    raw = load_dataset("json", data_files=task["input"], split="train", cache_dir=f"{task['out']}/cache")
    return raw.map(_with_text, num_proc=WORKERS)


def _with_text(record: Record) -> Record:
    record = _normalised(dict(record))
    return {**record, "text": _text(record)}


def _is_of_right_length(record: Record) -> bool:
    return LEAST_CHARS <= len(record["text"]) <= MOST_CHARS


def _split(path: Path, folder: Path) -> Path:
    """A folder with the file, cut between lines into one part for each worker where that is worth it."""
    folder.mkdir()
    if path.stat().st_size < SPLIT_BYTES:
        (folder / "part.jsonl").symlink_to(path)
    else:
        cut = ("split", "-n", f"l/{WORKERS}", "--additional-suffix", ".jsonl", path, folder / "part")
        subprocess.run(cut, check=True)
    return folder

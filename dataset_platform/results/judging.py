"""What an external judge says of a checkpoint's replies, beside the checkers."""

from dataset_platform import release
from dataset_platform.display import Row, Shown
from dataset_platform.errors import FetchFailed, InputError
from dataset_platform.evaluation.judging import (
    Agreement,
    Endpoint,
    agreements,
    cases,
    consistent,
    estimate,
    judge,
)
from dataset_platform.evaluation.report import Interval
from dataset_platform.quality.statistics import wilson
from dataset_platform.storage.io_managers import Storage


def judge_result(storage: Storage, version: str, url: str, model: str, price: float, ask: bool) -> Shown:
    """The estimate, and where the judge was asked, its agreement with the checkers by criterion."""
    prefix = storage.checkpoint_prefix(version)
    name = release.ReleaseFiles(version).eval_replies
    if not storage.store.exists(f"{prefix}/{name}"):
        raise InputError(
            f"the checkpoint of {version} has no eval report yet; "
            f"try `dataset-platform evaluate --version {version}`"
        )
    secret = storage.settings.judge_api_key
    endpoint = Endpoint(url, model, price, secret.get_secret_value() if secret else None)
    asked = cases(storage.store.fetch(prefix) / name, "tuned")
    tokens, cost = estimate(asked, endpoint)
    facts = {
        "version": version,
        "judge": model,
        "replies": len(asked),
        "tokens": tokens,
        "cost": round(cost, 4),
    }
    if not ask:
        return Shown(facts, {"Estimate": [facts]}, ["Nothing was sent; add --ask to ask the judge."])
    opinions = judge(asked, endpoint, storage.settings.cache / "judge")
    found = agreements(asked, opinions)
    held, told = consistent(opinions)
    silent = sum(not opinion for opinion in opinions)
    agreement = [
        {
            name: value.model_dump() if isinstance(value, Interval) else value
            for name, value in vars(one).items()
        }
        for one in found
    ]
    return Shown(
        facts
        | {"no opinion": silent, "agreement": agreement, "consistent": held, "consistency judged": told},
        {"Judge against checkers": [_row(one) for one in found]},
        [
            f"The judge holds {_share(held, told)} replies consistent with facts and conversation; "
            "no checker can.",
            *([f"{silent} of {len(asked)} answers were no opinion, and count nowhere."] if silent else []),
        ],
        FetchFailed(f"{url}: none of {silent} answers of {model} was the JSON object that it was asked for")
        if asked and silent == len(asked)
        else None,
    )


def _row(one: Agreement) -> Row:
    return {
        "criterion": one.criterion,
        "n": one.n,
        "same": _figure(one.same, one.same_interval),
        "kappa": "one of both never varies" if one.kappa is None else _figure(one.kappa, one.kappa_interval),
    }


def _figure(value: float, interval: Interval | None) -> str:
    return f"{value:.2f} {interval:.2f}" if interval else f"{value:.2f}"


def _share(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{hits} of {n} ({low:.0%} to {high:.0%})" if n else "none of no"

"""What an external judge says of a checkpoint's replies, beside the checkers."""

from dataclasses import asdict

from dataset_platform import release
from dataset_platform.display import Shown
from dataset_platform.errors import InputError
from dataset_platform.evaluation.judging import Endpoint, agreements, cases, estimate, judge
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
    rows = [asdict(one) for one in agreements(asked, opinions)]
    return Shown(facts | {"agreement": rows}, {"Judge against checkers": rows})

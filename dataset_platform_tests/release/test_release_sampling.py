import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import release
from dataset_platform.errors import InputError
from dataset_platform.schemas import Split, Stage
from dataset_platform_tests.release.release_records import STAGE_OF, make_spec, sha

SOURCES = sorted(STAGE_OF)
few = settings(max_examples=25)
sizes_of_sources = st.dictionaries(st.sampled_from(SOURCES), st.integers(0, 40))
targets = st.integers(1, 150)
seeds = st.integers(0, 2**53 - 1)


def digest(text: str) -> bytes:
    return bytes.fromhex(sha(text))


def make_pool(sizes: dict[str, int]) -> pl.DataFrame:
    rows = [(digest(f"{s}{n}"), s, STAGE_OF[s].value) for s, size in sizes.items() for n in range(size)]
    schema = {"conversation_id": pl.Binary, "source": pl.String, "stage": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def ids(draw: release.Draw) -> set[bytes]:
    return set(draw.rows["conversation_id"])


@few
@given(sizes_of_sources, targets, seeds)
def test_the_draw_has_the_target_or_all_there_is(sizes, target, seed):
    pool = make_pool(sizes)
    draw = release.draw(pool, make_spec(target, seed))
    assert draw.rows.height == len(ids(draw)) == min(target, pool.height)
    assert sum(q.drawn for q in draw.stages) == sum(q.drawn for q in draw.sources) == draw.rows.height
    assert sum(q.asked for q in draw.stages) == target
    assert all(q.drawn <= q.available for q in (*draw.stages, *draw.sources))
    for quota in draw.sources:
        assert draw.rows.filter(source=quota.source, stage=quota.stage).height == quota.drawn


@few
@given(sizes_of_sources, targets, seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_pool_changes_nothing(sizes, target, seed, random):
    pool = make_pool(sizes)
    places = list(range(pool.height))
    random.shuffle(places)
    shuffled = pool[places] if places else pool
    assert ids(release.draw(pool, make_spec(target, seed))) == ids(
        release.draw(shuffled, make_spec(target, seed))
    )


@few
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), targets, seeds)
def test_a_new_source_only_takes_quota_and_reshuffles_nothing(plain, twins, voice, target, seed):
    spec = make_spec(target, seed)
    before = release.draw(make_pool({"plain": plain, "twins": twins}), spec).rows.filter(source="twins")
    after = release.draw(make_pool({"plain": plain, "twins": twins, "voice": voice}), spec).rows.filter(
        source="twins"
    )
    smaller, larger = sorted([set(before["conversation_id"]), set(after["conversation_id"])], key=len)
    assert smaller <= larger


def test_the_mix_is_met_when_every_stage_has_enough():
    draw = release.draw(make_pool(dict.fromkeys(SOURCES, 100)), make_spec(100))
    assert [q.drawn for q in draw.stages] == [40, 25, 20, 15]


def test_a_missing_stage_leaves_the_proportions_of_the_others():
    draw = release.draw(make_pool({"plain": 1000, "facts": 1000, "hard": 1000}), make_spec(1700))
    assert {q.stage: q.drawn for q in draw.stages} == {
        "foundation": 800, "expertise": 500, "edge_case": 400, "voice_persona": 0,
    }  # fmt: skip
    assert [q.asked for q in draw.stages if q.stage == Stage.VOICE_PERSONA] == [255]


def test_a_stage_without_share_is_never_drawn():
    mix = release.Mix(foundation=1.0, expertise=0.0, edge_case=0.0, voice_persona=0.0)
    draw = release.draw(make_pool({"plain": 5, "facts": 50}), make_spec(20, mix=mix))
    assert draw.rows["source"].to_list() == ["plain"] * 5


strata = st.builds(release.Stratum, st.floats(0, 1), st.integers(0, 30), st.integers(0, 30))


@few
@given(st.lists(strata, max_size=6), st.integers(0, 99))
def test_one_seat_more_takes_none_away(strata, seats):
    fewer, more = release.apportion(strata, seats), release.apportion(strata, seats + 1)
    assert all(a <= b for a, b in zip(fewer, more, strict=True))
    assert sum(fewer) == min(seats, sum(s.capacity for s in strata if s.weight > 0))


@few
@given(
    st.lists(st.tuples(st.floats(0.001, 1), st.integers(0, 60)), min_size=1, max_size=6), st.integers(0, 99)
)
def test_seats_are_those_of_one_claim_after_the_other(strata, seats):
    weights, capacities = zip(*strata, strict=True)
    expected = [0] * len(strata)
    for _ in range(min(seats, sum(capacities))):
        claims = [
            w / (2 * n + 1) if n < c else -1 for w, n, c in zip(weights, expected, capacities, strict=True)
        ]
        expected[claims.index(max(claims))] += 1
    assert release.apportion([release.Stratum(w, c) for w, c in strata], seats) == expected


def test_millions_of_seats_are_given_at_once():
    shares = (0.40, 0.25, 0.20, 0.15)
    seats = release.apportion([release.Stratum(share, 10**9) for share in shares], 100_000_000)
    assert seats == [40_000_000, 25_000_000, 20_000_000, 15_000_000]


limits = st.tuples(st.integers(0, 8), st.none() | st.integers(0, 20)).map(
    lambda both: {"floor": both[0], "cap": None if both[1] is None else sum(both)}
)
source_mixes = st.one_of(
    limits.map(lambda given: release.SourceMix(**given)),
    st.builds(lambda given, weight: release.SourceMix(weight=weight, **given), limits, st.floats(0.1, 5)),
    st.builds(lambda given, share: release.SourceMix(share=share, **given), limits, st.floats(0.01, 0.5)),
    st.sampled_from([release.SourceMix(weight=0.0), release.SourceMix(share=0.0)]),
)


def with_room_for_sources(mix):
    """The mix with caps of stages that leave room for the floors of their sources."""
    stages = {}
    for stage in Stage:
        limits, floors = mix["stages"].of(stage), floors_in(stage, mix)
        cap = None if limits.cap is None else limits.cap + floors
        stages[stage.value] = release.Limits(floor=limits.floor, cap=cap)
    return mix | {"stages": release.StageLimits(**stages)}


mixes = st.fixed_dictionaries(
    {
        "sources": st.dictionaries(st.sampled_from(SOURCES), source_mixes),
        "stages": st.fixed_dictionaries(
            {stage.value: limits.map(lambda given: release.Limits(**given)) for stage in Stage}
        ).map(lambda given: release.StageLimits(**given)),
    }
).map(with_room_for_sources)


def floors_in(stage, mix):
    """What the floors of a stage's sources ask for."""
    return sum(given.floor for source, given in mix["sources"].items() if STAGE_OF[source] is stage)


def floors_of(mix):
    """The fewest rows that a spec with this mix may ask for."""
    return max(1, sum(max(mix["stages"].of(stage).floor, floors_in(stage, mix)) for stage in Stage))


def test_floors_that_only_together_exceed_the_target_are_refused():
    mix = {
        "sources": {"plain": release.SourceMix(floor=2)},
        "stages": release.StageLimits(voice_persona=release.Limits(floor=1)),
    }
    pool = make_pool({"plain": 2, "twins": 1})
    with pytest.raises(InputError, match="ask for 3 rows together and target_samples for 2"):
        release.draw(pool, make_spec(2, **mix))
    assert release.draw(pool, make_spec(3, **mix)).rows.height == 3


NO_VOICES = release.Mix(foundation=0.5, expertise=0.3, edge_case=0.2, voice_persona=0.0)
FLOOR, NOTHING = release.SourceMix(floor=2), release.SourceMix(floor=2, weight=0.0)
HOLLOW = {
    "weight 0": ({"sources": {"voice": NOTHING}}, "sources.voice.floor: "),
    "share 0": ({"sources": {"voice": release.SourceMix(floor=2, share=0.0)}}, "sources.voice.floor: "),
    "all to another": (
        {"sources": {"voice": FLOOR, "twins": release.SourceMix(share=1.0)}},
        "sources.voice.floor: the mix, or shares and weights of `sources`, leave it nothing. Lower",
    ),
    "stage of share 0": ({"sources": {"voice": FLOOR}, "mix": NO_VOICES}, "sources.voice.floor: "),
    "floor of a stage of share 0": (
        {"stages": release.StageLimits(voice_persona=release.Limits(floor=1)), "mix": NO_VOICES},
        "stages.voice_persona.floor: the mix leaves it nothing. Lower",
    ),
    "cap of the stage": (
        {
            "sources": {"voice": FLOOR, "twins": FLOOR},
            "stages": release.StageLimits(voice_persona=release.Limits(cap=3)),
        },
        "stages.voice_persona.cap: is 3, below the floors of its sources, 4. Lower",
    ),
}


@pytest.mark.parametrize(("mix", "problem"), HOLLOW.values(), ids=HOLLOW)
def test_a_floor_that_another_key_leaves_nothing_is_refused(mix, problem):
    pool = make_pool({"plain": 5, "twins": 5, "voice": 5})
    with pytest.raises(InputError, match=f"^{re.escape(problem)}"):
        release.draw(pool, make_spec(10, **mix))


@few
@given(sizes_of_sources, st.integers(0, 120), st.integers(0, 60), seeds, mixes)
def test_a_larger_target_draws_a_superset_whatever_the_mix(sizes, extra, more, seed, mix):
    pool, target = make_pool(sizes), floors_of(mix) + extra
    small, large = (release.draw(pool, make_spec(t, seed, **mix)) for t in (target, target + more))
    assert ids(small) <= ids(large)


@few
@given(sizes_of_sources, st.integers(0, 120), seeds, mixes)
def test_caps_hold_and_floors_are_met_where_there_are_rows(sizes, extra, seed, mix):
    draw = release.draw(make_pool(sizes), make_spec(floors_of(mix) + extra, seed, **mix))
    for quota in draw.sources:
        limits = mix["sources"].get(quota.source, release.SourceMix())
        assert limits.cap is None or quota.drawn <= limits.cap
        assert quota.drawn >= min(limits.floor, quota.available)
    for quota in draw.stages:
        limits = mix["stages"].of(Stage(quota.stage))
        assert limits.cap is None or quota.drawn <= limits.cap


def test_a_weight_draws_more_of_a_source_and_a_share_fixes_its_part_of_the_stage():
    voices = {"twins": 500, "voice": 500}
    only_voices = release.Mix(foundation=0.0, expertise=0.0, edge_case=0.0, voice_persona=1.0)

    def drawn(**sources):
        spec = make_spec(100, mix=only_voices, sources=sources)
        return [quota.drawn for quota in release.draw(make_pool(voices), spec).sources]

    assert drawn() == [50, 50]
    assert drawn(twins=release.SourceMix(weight=3.0)) == [75, 25]
    assert drawn(voice=release.SourceMix(share=0.9)) == [10, 90]
    assert drawn(voice=release.SourceMix(cap=7)) == [93, 7]
    assert drawn(voice=release.SourceMix(weight=0.0)) == [100, 0]


def test_shares_of_one_stage_above_one_are_refused():
    spec = make_spec(sources={name: release.SourceMix(share=0.6) for name in ("twins", "voice")})
    with pytest.raises(InputError, match=r"shares of twins, voice sum to 1\.2, and all are .* voice_persona"):
        release.draw(make_pool({"twins": 5, "voice": 5}), spec)


def test_a_source_that_is_named_and_missing_is_reported():
    draw = release.draw(make_pool({"plain": 5}), make_spec(sources={"gone": release.SourceMix(floor=3)}))
    assert [(q.stage, q.asked, q.drawn) for q in draw.sources if q.source == "gone"] == [("none", 3, 0)]


@few
@given(st.lists(st.sampled_from("abcdefgh").map(digest), max_size=60), seeds)
def test_a_cluster_never_straddles_splits(clusters, seed):
    splits = release.assign_splits(pl.Series("c", clusters, dtype=pl.Binary), seed, release.Splits())
    seen: dict[str, str] = {}
    assert all(seen.setdefault(c, s) == s for c, s in zip(clusters, splits, strict=True))


def test_splits_have_their_shares_also_among_the_rows_drawn_first():
    """Drawing and splitting must not use the same hash."""
    draw = release.draw(make_pool({"plain": 20_000}), make_spec(4_000))
    splits = release.assign_splits(draw.rows["conversation_id"], 42, release.Splits())
    shares = {split: (splits == split.value).mean() for split in Split}
    assert abs(shares[Split.TRAIN] - 0.8) < 0.03
    assert abs(shares[Split.VALIDATION] - 0.1) < 0.02


def test_a_split_without_share_gets_no_row():
    splits = release.Splits(train=0.0, validation=0.0, test=1.0)
    found = release.assign_splits(pl.Series([digest(str(n)) for n in range(500)]), 1, splits)
    assert set(found) == {"test"}

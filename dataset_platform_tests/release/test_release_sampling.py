import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform import release
from dataset_platform.schemas import Split, Stage
from dataset_platform_tests.release.release_records import STAGE_OF, make_spec, sha

SOURCES = sorted(STAGE_OF)
settings.register_profile("no timings", deadline=None)
settings.load_profile("no timings")
sizes_of_sources = st.dictionaries(st.sampled_from(SOURCES), st.integers(0, 40))
targets = st.integers(1, 150)
seeds = st.integers(0, 2**53 - 1)


def make_pool(sizes: dict[str, int]) -> pl.DataFrame:
    rows = [(sha(f"{s}{n}"), s, STAGE_OF[s].value) for s, size in sizes.items() for n in range(size)]
    schema = {"conversation_id": pl.String, "source": pl.String, "stage": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def ids(draw: release.Draw) -> set[str]:
    return set(draw.rows["conversation_id"])


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


@given(sizes_of_sources, targets, st.integers(0, 60), seeds)
def test_a_larger_target_draws_a_superset(sizes, target, more, seed):
    pool = make_pool(sizes)
    small, large = (release.draw(pool, make_spec(t, seed)) for t in (target, target + more))
    assert ids(small) <= ids(large)


@given(sizes_of_sources, targets, seeds, st.randoms(use_true_random=False))
def test_the_order_of_the_pool_changes_nothing(sizes, target, seed, random):
    pool = make_pool(sizes)
    places = list(range(pool.height))
    random.shuffle(places)
    shuffled = pool[places] if places else pool
    assert release.draw(pool, make_spec(target, seed)).rows.equals(
        release.draw(shuffled, make_spec(target, seed)).rows
    )


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


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30)), max_size=6), st.integers(0, 99))
def test_one_seat_more_takes_none_away(strata, seats):
    weights, capacities = [w for w, _ in strata], [c for _, c in strata]
    fewer = release.apportion(weights, capacities, seats)
    more = release.apportion(weights, capacities, seats + 1)
    assert all(a <= b for a, b in zip(fewer, more, strict=True))
    assert sum(fewer) == min(seats, sum(c for w, c in strata if w > 0))


@given(st.lists(st.sampled_from("abcdefgh").map(sha), max_size=60), seeds)
def test_a_cluster_never_straddles_splits(clusters, seed):
    splits = release.assign_splits(pl.Series("c", clusters, dtype=pl.String), seed, release.Splits())
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
    found = release.assign_splits(pl.Series([sha(str(n)) for n in range(500)]), 1, splits)
    assert set(found) == {"test"}

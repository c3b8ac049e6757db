"""What runs did, as Prometheus metrics: how many ended how, in how many seconds, and what they wrote.

All counters are of the whole history of the instance, so that a restarted exporter goes on where it was.
Labels are names of jobs, assets and states; partitions are left out, as each would be a time series for ever.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import dagster as dg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PAGE = 1_000
RUNS, RUN_SECONDS = "dataset_platform_runs", "dataset_platform_run_seconds"
LAST_END = "dataset_platform_last_run_end_timestamp_seconds"
UNFINISHED = "dataset_platform_runs_unfinished"
MATERIALIZATIONS = "dataset_platform_materializations"
ROWS, BYTES = "dataset_platform_rows", "dataset_platform_bytes"


@dataclass(eq=False)  # a registry tells collectors apart by identity
class RunMetrics(Collector):
    """Collects from the instance; a second collection reads only what came since the first."""

    instance: dg.DagsterInstance
    _written: Counter[tuple[str, str]] = field(default_factory=Counter)
    _places: dict[str, str] = field(default_factory=dict)
    _runs: Counter[tuple[str, str]] = field(default_factory=Counter)
    _seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    _last: dict[tuple[str, str], float] = field(default_factory=dict)
    _counted: set[str] = field(default_factory=set)

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering it should not read the instance."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        waiting = self._read_runs()
        self._read_materializations()
        runs = CounterMetricFamily(RUNS, "Runs that ended, by their end.", labels=["job", "status"])
        seconds = CounterMetricFamily(RUN_SECONDS, "Seconds from start to end.", labels=["job", "status"])
        last = GaugeMetricFamily(LAST_END, "When the last of them ended.", labels=["job", "status"])
        unfinished = GaugeMetricFamily(UNFINISHED, "Runs that wait or work.", labels=["job", "status"])
        for labels, count in sorted(self._runs.items()):
            runs.add_metric(labels, count)
            seconds.add_metric(labels, round(self._seconds[labels], 3))
            last.add_metric(labels, self._last[labels])
        for labels, count in sorted(waiting.items()):
            unfinished.add_metric(labels, count)
        yield from (runs, seconds, last, unfinished)
        yield from self._written_families()

    def _written_families(self) -> Iterator[Metric]:
        for name, said in (
            (MATERIALIZATIONS, "Results that runs gave, reused ones too."),
            (ROWS, "Rows of tables that runs wrote."),
            (BYTES, "Bytes of results that runs wrote."),
        ):
            family = CounterMetricFamily(name, said, labels=["asset"])
            for (metric, asset), count in sorted(self._written.items()):
                if metric == name:
                    family.add_metric([asset], count)
            yield family

    def _read_runs(self) -> Counter[tuple[str, str]]:
        """Counts the runs that ended since; the runs that have not ended, by job and status."""
        waiting: Counter[tuple[str, str]] = Counter()
        cursor = None
        while True:
            page = self.instance.get_run_records(limit=PAGE, cursor=cursor)
            for record in page:
                labels = (record.dagster_run.job_name, record.dagster_run.status.value.lower())
                if not record.dagster_run.is_finished:
                    waiting[labels] += 1
                elif record.dagster_run.run_id not in self._counted:
                    self._count(record, labels)
            if len(page) < PAGE:
                return waiting
            cursor = page[-1].dagster_run.run_id

    def _count(self, record: dg.RunRecord, labels: tuple[str, str]) -> None:
        self._counted.add(record.dagster_run.run_id)
        self._runs[labels] += 1
        ended = record.end_time or 0.0
        self._seconds[labels] = self._seconds.get(labels, 0.0) + ended - (record.start_time or ended)
        self._last[labels] = max(self._last.get(labels, 0.0), ended)

    def _read_materializations(self) -> None:
        for key in self.instance.all_asset_keys():
            asset = key.to_user_string()
            more = True
            while more:
                page = self.instance.fetch_materializations(
                    key, limit=PAGE, cursor=self._places.get(asset), ascending=True
                )
                for record in page.records:
                    self._add(asset, record)
                self._places[asset], more = page.cursor, page.has_more

    def _add(self, asset: str, record: dg.EventLogRecord) -> None:
        facts = record.asset_materialization.metadata if record.asset_materialization else {}
        self._written[MATERIALIZATIONS, asset] += 1
        if not ("reused" in facts and facts["reused"].value):
            for metric, name in ((ROWS, "dagster/row_count"), (BYTES, "bytes")):
                self._written[metric, asset] += int(str(facts[name].value)) if name in facts else 0

"""Ticks a sensor in this process as Dagster's daemon does."""

import enum
import logging

import dagster as dg

from dataset_platform.storage.io_managers import Storage


class Crash(enum.Enum):
    """When the daemon dies: the cursor is lost either way.

    Dagster 1.13 saves the cursor with the runs that it is about to launch, so a crash after a launch
    loses nothing; that it could is the harder case, and held here.
    """

    BEFORE_LAUNCH = enum.auto()
    AFTER_LAUNCH = enum.auto()


class Ticker:
    """Keeps the cursor, adds and deletes partitions, drops run keys that were ever seen."""

    def __init__(self, sensor):
        self.sensor, self.cursor, self.run_keys = sensor, None, set()
        self.instance = dg.DagsterInstance.ephemeral()
        self.warnings, self.sizes_of_requests = [], []

    def tick(self, crash=None):
        """The partitions that runs were started for."""
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"storage": Storage()}
        ) as context:
            heard = _Heard(self.warnings)
            context.log.addHandler(heard)
            result = self.sensor(context)
            context.log.removeHandler(heard)
        for request in result.dynamic_partitions_requests or []:
            self._apply(request)
        if crash is Crash.BEFORE_LAUNCH:
            return []
        started = [r.partition_key for r in result.run_requests if r.run_key not in self.run_keys]
        self.run_keys |= {r.run_key for r in result.run_requests}
        if crash is None:
            self.cursor = result.cursor
        return started

    def settle(self):
        return self.tick() + self.tick()

    @property
    def sources(self):
        return set(self.instance.get_dynamic_partitions("source"))

    def _apply(self, request):
        if isinstance(request, dg.DeleteDynamicPartitionsRequest):
            for key in request.partition_keys:
                self.instance.delete_dynamic_partition(request.partitions_def_name, key)
        else:
            self.sizes_of_requests.append(len(request.partition_keys))
            self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)


class _Heard(logging.Handler):
    def __init__(self, lines):
        super().__init__(logging.WARNING)
        self.lines = lines

    def emit(self, record):
        self.lines.append(record.getMessage())

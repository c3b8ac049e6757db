"""What happens at a time of day, whether anything changed or not."""

import dagster as dg

from dataset_platform.jobs import check_freshness
from dataset_platform.storage.patience import LAUNCHED_BY

every_morning = dg.ScheduleDefinition(
    name="every_morning",
    job=check_freshness,
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    tags={LAUNCHED_BY: "every_morning"},
    description="Asks every morning whether each source has had new files in time.",
)
SCHEDULES = (every_morning,)

"""Provable fine-tuning datasets from raw conversations, on Dagster."""

import os

# Threads of torch that wait, sleep instead of spinning. On a machine that is busy
# with other work, training is ten times faster so; see docs/architecture.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Daft tells its makers of every import and query unless told not to; what runs here is nobody's business.
os.environ.setdefault("DO_NOT_TRACK", "1")

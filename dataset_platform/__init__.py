"""Provable fine-tuning datasets from raw conversations, on Dagster."""

import os

# Threads of torch that wait, sleep instead of spinning. On a machine that is busy
# with other work, training is ten times faster so; see docs/architecture.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# polars' allocator keeps what is freed until its thread allocates again, which after planning a release may
# be never: with a thread that gives it back, an export of 1 M rows peaks at 0.9 GB instead of 1.1.
os.environ.setdefault("_RJEM_MALLOC_CONF", "background_thread:true,dirty_decay_ms:100,muzzy_decay_ms:0")

# Daft tells its makers of every import and query unless told not to; what runs here is nobody's business.
os.environ.setdefault("DO_NOT_TRACK", "1")

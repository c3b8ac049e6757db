"""The boto3 client of dagster-aws' S3Resource, which its own events teach two things more."""

import random
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionError as Unreachable
from botocore.exceptions import HTTPClientError
from dagster_aws.s3 import S3Resource

from dataset_platform.settings import Settings

LONGEST_WAIT_S = 20
PASSING_STATUSES = (408, 429, 500, 502, 503, 504)
PASSING_CODES = ("RequestTimeout", "SlowDown")


def open_client(settings: Settings, session: boto3.Session) -> Any:
    """A client for the endpoint of the settings, in their region or the session's."""
    client = S3Resource(
        region_name=settings.s3_region or session.region_name or "us-east-1",
        endpoint_url=settings.s3_endpoint_url,
        max_attempts=0,  # see _ask_again
    ).get_client()
    _leave_parts_unsigned(client)
    _ask_again(client, settings.storage_retry_s)
    return client


def _leave_parts_unsigned(client: Any) -> None:
    """Lets the client sign what it says of a part, its checksum among it, and not hash the part itself."""
    unsigned = client.meta.config.merge(Config(s3={"payload_signing_enabled": False}))

    def replace_config(request: Any, **_: Any) -> None:
        request.context["client_config"] = unsigned

    client.meta.events.register("before-sign.s3.UploadPart", replace_config)


def _ask_again(client: Any, seconds: float) -> None:
    """Repeats what was throttled or broke off for so long, with growing random waits.

    botocore's own retries count attempts, which a server that is down uses up within seconds, and share
    a small quota among all requests of a client.
    """

    def wait(attempts: int, response: Any, caught_exception: Any, request_dict: Any, **_: Any) -> Any:
        first = request_dict["context"].setdefault("first_failure", time.monotonic())
        if not _is_passing(response, caught_exception) or time.monotonic() - first > seconds:
            return None
        return random.uniform(0, min(2 ** (attempts - 1), LONGEST_WAIT_S))

    client.meta.events.register("needs-retry.s3", wait)


def _is_passing(response: Any, error: Any) -> bool:
    """Whether the same request may well be answered in a moment."""
    if response is None:
        return isinstance(error, Unreachable | HTTPClientError)
    answer, said = response
    return answer.status_code in PASSING_STATUSES or said.get("Error", {}).get("Code") in PASSING_CODES

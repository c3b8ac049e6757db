"""Writers that die at a certain moment."""

import threading


class Killed(BaseException):
    """The writer's process is gone."""


def raising(error):
    def method(*_, **__):
        raise error

    return method


def die_after(requests, bucket, patch):
    """Every writing request after so many raises, whichever thread sends it."""
    left, lock = iter(range(requests)), threading.Lock()
    for name in ("upload", "create", "copy", "delete"):
        original = getattr(bucket, name)

        def method(*arguments, original=original):
            with lock:
                if next(left, None) is None:
                    raise Killed
            return original(*arguments)

        patch.setattr(bucket, name, method)

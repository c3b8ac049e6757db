"""Looks for secrets in the files under version control, and exits 1 where one is that nobody looked at.

What was looked at, and is none, stands in `.secrets.baseline`; a new one is added there by
`detect-secrets scan --baseline .secrets.baseline` and `detect-secrets audit .secrets.baseline`. Moved lines
are no news, unlike to detect-secrets' own hook.
"""

import subprocess
import sys

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection

BASELINE = ".secrets.baseline"


def main() -> None:
    known = baseline.load(baseline.load_from_file(BASELINE))  # sets the plugins and filters, too
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True)
    files = [name for name in listed.stdout.split("\0") if name and name != BASELINE]
    found = SecretsCollection()
    found.scan_files(*files)
    new = [f"{secret.filename}:{secret.line_number}: {secret.type}" for _, secret in found - known]
    print("\n".join(sorted(new)) or f"{len(files)} files, no secret that nobody looked at")
    sys.exit(bool(new))


if __name__ == "__main__":
    main()

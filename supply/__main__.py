"""What is installed beside the bot; run from the project's folder, with the packages of the lock.

python -m supply sbom              print the bill (CycloneDX, JSON)
python -m supply audit DATABASE    name the pinned versions that are affected; status 1 when any is, 2 when unsure
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from supply.audit import DatabaseError, audit, records_in
from supply.lock import ROOT, LockError, read_lock
from supply.sbom import bill_text

MOST_NAMED = 10
"""Records that cannot be read of which each is named."""


def main() -> int:
    """Print the bill, or audit the lock."""
    parser = argparse.ArgumentParser(prog="python -m supply")
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.txt", help="the lock; else requirements.txt")
    works = parser.add_subparsers(dest="work", required=True)
    works.add_parser("sbom", help="print the bill of the lock")
    audits = works.add_parser("audit", help="hold the lock against a folder or zip of OSV records")
    audits.add_argument("database", type=Path)
    given = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # replaced streams lack it
    try:
        if given.work == "sbom":
            sys.stdout.write(bill_text(given.lock))
            return 0
        return _audit(given.lock, given.database)
    except (DatabaseError, LockError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _audit(lock: Path, database: Path) -> int:
    pins = read_lock(lock)
    result = audit(pins, records_in(database))
    sys.stdout.writelines(f"{finding.line()}\n" for finding in sorted(result.findings))
    count = len({(finding.package, finding.version) for finding in result.findings})
    sys.stdout.write(f"{count} of {len(pins)} pinned versions affected, by {result.records:,} records\n")
    if result.unreadable:
        named = ", ".join(result.unreadable[:MOST_NAMED])
        sys.stderr.write(f"{len(result.unreadable)} records cannot be read: {named}\n")
    return 1 if result.findings else 2 if result.unreadable else 0


if __name__ == "__main__":
    sys.exit(main())

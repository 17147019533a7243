"""Tables of costs over HTTP, beside psql copying the answer of the same statement."""

import dataclasses
import subprocess
import time

from common import forget_peak, memory
from statements import with_values
from table import median

PATIENCE_SECONDS = 300


@dataclasses.dataclass
class Sent:
    """One table: its size, how long it took to its first byte and to its last, and what memory our process took for it."""

    megabytes: float
    first: float
    seconds: float
    memory_before: float = 0
    memory_peak: float = 0

    @property
    def rate(self):
        return self.megabytes / self.seconds

    @property
    def rate_after_first(self):
        """Once the database has found the first row."""
        return self.megabytes / max(self.seconds - self.first, 1e-9)

    @classmethod
    def median_of(cls, rounds):
        return cls(*(median(column) for column in zip(*(dataclasses.astuple(sent) for sent in rounds))))


def fetch(service, path):
    """Fetches a table and throws it away."""
    pid = service.process.pid
    forget_peak(pid)
    before = memory(pid, "VmRSS")
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "--max-time", str(PATIENCE_SECONDS),
               "-w", "%{size_download} %{time_starttransfer} %{time_total}", service.address + path]
    size, first, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Sent(int(size) / 1e6, float(first), float(seconds), before, memory(pid))


def count_rows(service, path):
    """Rows of a table in CSV, without its header."""
    curl = subprocess.Popen(["curl", "-sS", "--fail", service.address + path], stdout=subprocess.PIPE)
    counted = subprocess.run(["wc", "-l"], stdin=curl.stdout, check=True, capture_output=True, text=True).stdout
    if curl.wait():
        raise SystemExit(f"{path} could not be fetched")
    return int(counted) - 1


class Copied:
    """What psql makes of the statement that a table is read by."""

    def __init__(self, database, log, service, path):
        _, units = log.during(lambda: fetch(service, path))
        statements = [statement for unit in units for statement in unit]
        self.statement = max(statements, key=lambda statement: statement.executed)
        self.database, self.text = database, with_values(database, self.statement)

    def run(self):
        """Size and time of it as CSV."""
        copy = f"copy ({self.text}) to stdout (format csv, header)"
        begun = time.monotonic()
        psql = subprocess.Popen(["psql", "-X", "-q", self.database, "-c", copy], stdout=subprocess.PIPE)
        size, first = 0, None
        while piece := psql.stdout.read1(1 << 20):
            first = first or time.monotonic() - begun
            size += len(piece)
        if psql.wait():
            raise SystemExit("psql could not copy what the service reads")
        return Sent(size / 1e6, first, time.monotonic() - begun)

"""How long a month takes from the export into Postgres, beside a script of DuckDB and psql that does the question alone."""

import json
import os
import pathlib
import subprocess
import sys
import time

import duckdb

from common import CHARGEBACK, FOLDER, ROOT, ROUNDS, configure, memory, psql, sample, setting
from profiles import Profile
from statements import StatementLog
from table import Table, median

PERIOD = "2026-10"
QUESTION = (ROOT / "scripts/bench/daily_cost.duckdb.sql").read_text()
COLUMNS = 25
REFRESH, QUESTION_ALONE = "refresh of a month", "the question alone"


def ours(config):
    """Seconds for `chargeback refresh` of everything, as a whole, and the most memory of its process in MiB."""
    begun = time.monotonic()
    process = subprocess.Popen([CHARGEBACK, "refresh", "--force", "--config", config],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid) or 0)
        time.sleep(0.02)
    if process.returncode:
        sys.exit(process.stderr.read().decode())
    return time.monotonic() - begun, peak


def connection(export):
    files = sorted(str(path) for path in (export / f"data/BILLING_PERIOD={PERIOD}").glob("*.parquet"))
    connection = duckdb.connect()
    connection.execute("set variable files = ?", [files])
    connection.execute("set variable period = ?", [PERIOD])
    return connection


def question_alone(export):
    begun = time.monotonic()
    connection(export).execute(f"create temp table answer as {QUESTION}")
    return time.monotonic() - begun


def our_question_alone(export):
    ask = pathlib.Path(os.environ.get("ASK", ROOT / "target/release/examples/ask"))
    output = subprocess.run([ask, export, PERIOD], check=True, capture_output=True, text=True).stdout
    return json.loads(output)["seconds"]


def scripted(export, database):
    """Seconds for the question to CSV and `psql \\copy` of it into a table of the same columns."""
    begun = time.monotonic()
    csv = FOLDER / "daily_cost.csv"
    connection(export).execute(f"copy ({QUESTION}) to '{csv}' (header false)")
    columns = ", ".join(f"c{number} text" for number in range(COLUMNS))
    money = ", ".join(f"{name} numeric(38, 12)" for name in ("unblended", "net_unblended", "list", "quantity"))
    psql(database, "drop table if exists peer", f"create table peer ({columns}, {money}, line_items bigint)",
         f"\\copy peer from '{csv}' (format csv)")
    return time.monotonic() - begun


class Refreshing:
    """The benchmark of one month of so many lines."""

    def __init__(self, table, database, name, lines):
        self.table, self.database, self.what = table, database, f"{lines / 1e6:g} million lines"
        self.export = sample(name, "--months", "1", "--lines", str(lines), "--teams", "50", "--scattered")
        self.config, _ = configure(name, self.export, database)

    def measure(self):
        """Ours and its peers by turns."""
        refreshed, peers, alone, alone_peers = [], [], [], []
        for _ in range(ROUNDS):
            refreshed.append(ours(self.config))
            peers.append(scripted(self.export, self.database))
            alone.append(our_question_alone(self.export))
            alone_peers.append(question_alone(self.export))
        self.seconds = median(seconds for seconds, _ in refreshed)
        self.table.add(REFRESH, self.what, "s", self.seconds, beside=median(peers),
                       beside_is="DuckDB to CSV, psql \\copy", most_times=1)
        self.table.add(QUESTION_ALONE, self.what, "s", median(alone), beside=median(alone_peers), beside_is="DuckDB",
                       most_times=1)
        peak = max(peak for _, peak in refreshed)
        self.table.add("peak memory of our process", self.what, "MiB", peak, most=1536)

    def profile(self):
        """Where a refresh spends its time: processors, and the statements that it makes."""
        kept = Profile("refresh")
        kept.processors(lambda seconds: ours(self.config))
        with StatementLog(self.database) as log:
            _, units = log.during(lambda: ours(self.config))
        kept.statements(self.database, [units])
        self.table.profiles[REFRESH] = kept.keep()


def main():
    database = os.environ["DATABASE_URL"]
    lines = setting("LINES", 5_000_000, 200_000)
    table = Table("refresh", "Refreshing one month, 30 % of it Bedrock, into Postgres", rounds=ROUNDS)
    month = Refreshing(table, database, "month", lines)
    large = Refreshing(table, database, "large", 4 * lines)
    month.measure()
    large.measure()
    table.add(REFRESH, "four times the lines", "s", large.seconds, beside=month.seconds, beside_is="of a quarter",
              most_times=4.4)
    if REFRESH in table.missed():
        month.profile()
    table.report()


if __name__ == "__main__":
    main()

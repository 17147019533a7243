"""How long a month takes from the export into Postgres, beside a script of DuckDB and psql that does the question alone."""

import json
import os
import subprocess
import sys
import time

import duckdb

from common import CHARGEBACK, FOLDER, ROOT, configure, median, peak_memory, report, sample

PERIOD = "2026-10"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
QUESTION = (ROOT / "scripts/bench/daily_cost.duckdb.sql").read_text()
COLUMNS = 25


def ours(config):
    """Seconds for `chargeback refresh` of everything, as a whole, and the most memory of its process in MiB."""
    begun = time.monotonic()
    process = subprocess.Popen([CHARGEBACK, "refresh", "--force", "--config", config],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid) or 0)
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
    ask = ROOT / "target/release/examples/ask"
    output = subprocess.run([ask, export, PERIOD], check=True, capture_output=True, text=True).stdout
    return json.loads(output)["seconds"]


def scripted(export, database):
    """Seconds for the question to CSV and `psql \\copy` of it into a table of the same columns."""
    begun = time.monotonic()
    csv = FOLDER / "daily_cost.csv"
    connection(export).execute(f"copy ({QUESTION}) to '{csv}' (header false)")
    columns = ", ".join(f"c{number} text" for number in range(COLUMNS))
    money = ", ".join(f"{name} numeric(38, 12)" for name in ("unblended", "net_unblended", "list", "quantity"))
    for statement in ("drop table if exists peer", f"create table peer ({columns}, {money}, line_items bigint)",
                      f"\\copy peer from '{csv}' (format csv)"):
        subprocess.run(["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", database, "-c", statement], check=True)
    return time.monotonic() - begun


def rounds(function, *arguments):
    return [function(*arguments) for _ in range(ROUNDS)]


def main():
    database = os.environ["DATABASE_URL"]
    lines = int(os.environ.get("LINES", "5000000"))
    rows, once = [], {}
    for factor, name in ((1, "month"), (4, "large")):
        export = sample(name, "--months", "1", "--lines", str(factor * lines), "--teams", "50")
        config, _ = configure(name, export, database)
        refreshed = rounds(ours, config)
        seconds, peak = median(second for second, _ in refreshed), max(peak for _, peak in refreshed)
        once[factor] = seconds
        what = f"{factor * lines / 1e6:g} million lines"
        peer = median(rounds(scripted, export, database))
        rows.append((f"refresh of {what}", f"{seconds:.1f} s", f"{peer:.1f} s", "DuckDB to CSV, psql \\copy; no slower wanted"))
        alone = median(rounds(our_question_alone, export))
        peer = median(rounds(question_alone, export))
        rows.append((f"the question alone, {what}", f"{alone:.2f} s", f"{peer:.2f} s", "DuckDB; no slower wanted"))
        rows.append((f"peak memory of our process, {what}", f"{peak} MiB", "", "under 1,536 MiB wanted"))
    rows.append(("four times the lines", f"{once[4] / once[1]:.2f} times", "", "within 4.4 times wanted"))
    report("refresh", "Refreshing: one month, 30 % of it Bedrock, into Postgres", rows)


if __name__ == "__main__":
    main()

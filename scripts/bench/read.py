"""How fast the read API answers: fifty connections over twelve months, 2,000 principals, fifty teams."""

import os
import re
import subprocess
import tempfile
import urllib.request

from common import FOLDER, CHARGEBACK, Service, configure, median, peak_memory, report, sample

SECONDS = int(os.environ.get("SECONDS_EACH", "8"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
CONNECTIONS = 50
MONTHS = [f"2025-{month:02}" for month in (11, 12)] + [f"2026-{month:02}" for month in (1, 2, 3, 5, 6, 7, 8, 9, 10)]


def load(address, paths, connections=CONNECTIONS, headers=()):
    """Requests per second, and latencies in milliseconds at 50, 95 and 99 percent, of these paths by turns."""
    texts = ",".join(f"'{path}'" for path in paths)
    heads = "".join(f"wrk.headers[{name!r}] = {value!r}\n" for name, value in headers)
    script = f"""
local paths, turn = {{{texts}}}, math.random(1000)
function setup(thread) end
{heads}
function request() turn = turn + 1; return wrk.format('GET', paths[turn % #paths + 1]) end
function done(summary, latency, requests)
  io.write(string.format('measured %f %f %f %f %d\\n', summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        threads = min(2, connections)
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "60s", "-s", file.name, address]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures = [float(figure) for figure in re.search(r"measured (.*)", output).group(1).split()]
    if figures[4]:
        raise SystemExit(f"{figures[4]:.0f} requests to {paths[0]} failed")
    return figures[:4]


def measured(*arguments, **options):
    rounds = [load(*arguments, **options) for _ in range(ROUNDS)]
    return [median(column) for column in zip(*rounds)]


def rate(figures):
    return f"{figures[0]:,.0f}/s"


def tail(figures, at=3):
    return f"{figures[at]:.1f} ms"


def main():
    lines = os.environ.get("MONTH_LINES", "1500000")
    export = sample("year", "--months", "12", "--lines", lines, "--bedrock-percent", "100", "--teams", "50")
    store = f"embedded:{FOLDER / 'postgres'}"
    config, _ = configure("read", export, store)
    subprocess.run([CHARGEBACK, "refresh", "--config", config], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    year = ",".join(MONTHS)
    three = [f"/v1/costs?period={year}&group_by=team,model,token_kind",
             f"/v1/costs?period={year}&granularity=monthly&group_by=team,model,charge_type"]
    rows = []
    with Service(*configure("read", export, store)) as service:
        teams = slugs(service.address)
        showbacks = [f"/v1/teams/{team}/showback?period={month}" for team in teams for month in MONTHS]
        one = showbacks[:1]
        tag = urllib.request.urlopen(service.address + one[0]).headers["etag"]
        nothing = measured(service.address, ["/livez"])
        unchanged = measured(service.address, one, headers=[("If-None-Match", tag)])
        note = f"{unchanged[0] / nothing[0]:.0%} of the empty handler"
        rows.append(("304", rate(unchanged), rate(nothing), note + "; at least 60 % wanted"))
        rows.append(("304, p99", tail(unchanged), tail(nothing), ""))
        cached = measured(service.address, one)
        rows.append(("showback from memory", rate(cached), rate(nothing), ""))
        rows.append(("showback from memory, p99", tail(cached), tail(nothing), "under 5 ms wanted"))
    with Service(*configure("uncached", export, store, answer_memory_bytes=0)) as service:
        for connections in (1, 8, CONNECTIONS):
            worked_out = measured(service.address, showbacks, connections=connections)
            what = f"showback worked out, {connections} at once"
            rows.append((what, rate(worked_out), "", f"median {tail(worked_out, 1)}"))
            rows.append((f"{what}, p99", tail(worked_out), "", "under 25 ms wanted"))
        for connections in (1, CONNECTIONS):
            grouped = measured(service.address, three, connections=connections)
            what = f"costs of a year by three dimensions, {connections} at once"
            rows.append((what, rate(grouped), "", f"median {tail(grouped, 1)}"))
            rows.append((f"{what}, p95", tail(grouped, 2), "", "under 150 ms wanted"))
        rows.append(("peak memory of our process", f"{peak_memory(service.process.pid)} MiB", "", ""))
    report("read", f"Reading: {CONNECTIONS} connections, twelve months of {int(lines):,} lines", rows)


def slugs(address):
    import json

    teams = json.load(urllib.request.urlopen(f"{address}/v1/teams"))["data"]
    return [team["slug"] for team in teams if team["slug"] != "unattributed"]


if __name__ == "__main__":
    main()

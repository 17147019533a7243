"""Load by wrk: so many connections, each asking as soon as it is answered."""

import dataclasses
import re
import subprocess
import tempfile

from common import setting
from table import median

SECONDS = setting("SECONDS_EACH", 4, 1)

SCRIPT = """
local paths, number_of_next = {%(paths)s}, 0
%(headers)s
-- Every thread has the same random numbers: without this all would ask the same at the same time, and share one answer.
function setup(thread) thread:set('number', number_of_next); number_of_next = number_of_next + 1 end
function init(arguments) turn = math.floor(#paths * number / %(threads)d) end
function request() turn = turn + 1; return wrk.format('GET', assert(paths[turn %% #paths + 1])) end
function done(summary, latency, requests)
  io.write(string.format('measured %%f %%f %%f %%f %%d %%d\\n', summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, summary.requests,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


@dataclasses.dataclass
class Figures:
    """Answers per second, and how long half, 95 and 99 percent of them took at most, in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    requests: int = 0

    @classmethod
    def median_of(cls, rounds):
        columns = zip(*(dataclasses.astuple(figures) for figures in rounds))
        return cls(*(median(column) for column in columns))


def load(address, paths, connections, headers=(), seconds=SECONDS):
    """What the service made of these paths by turns. Ends the benchmark where an answer is an error."""
    threads = min(2, connections)
    text = SCRIPT % {
        "paths": ",".join(f"'{path}'" for path in paths),
        "headers": "".join(f"wrk.headers[{name!r}] = {value!r}\n" for name, value in headers),
        "threads": threads,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(text)
        file.flush()
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", file.name, address]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured = re.search(r"measured (.*)", output).group(1).split()
    if int(measured[5]):
        raise SystemExit(f"{measured[5]} requests to {paths[0]} and {len(paths) - 1} others failed:\n{output}")
    return Figures(*(float(figure) for figure in measured[:4]), requests=int(measured[4]))

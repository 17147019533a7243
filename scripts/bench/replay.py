"""The statements of requests, asked again by pgbench: what the database takes for an answer without us."""

import collections
import pathlib
import re
import subprocess
import tempfile

from common import psql
from statements import literal, parameter_types, texts, written
from wrk import SECONDS, Figures

# pgbench takes what looks like this for a variable, in strings too.
VARIABLE = re.compile(r"(?<!:):\w+")
# The parameters of the next question are looked up once for so many requests, so that looking them up is hardly measured.
LOOKED_UP_EVERY = 8
# Our connections have prepared their statements when they are measured: so have those of pgbench.
WARM_SECONDS = 1


class Replay:
    """Requests that were captured, as scripts of pgbench: one for each sequence of statements, weighted as it was asked."""

    def __init__(self, database, schema, requests):
        self.database, self.schema = database, schema
        self.folder = tempfile.TemporaryDirectory(prefix="chargeback-replay-")
        self.scripts = []
        by_texts = collections.defaultdict(list)
        for units in requests:
            statements = [statement for unit in units for statement in unit]
            by_texts[texts(statements)].append(statements)
        if len(by_texts) > 100:
            raise SystemExit(f"{len(by_texts)} questions make statements of their own: pgbench cannot ask so many by turns")
        psql(database, f"drop schema if exists {schema} cascade", f"create schema {schema}")
        for number, questions in enumerate(by_texts.values()):
            self.scripts.append((self.write(number, questions), len(questions)))

    def write(self, number, questions):
        """Writes a script, and keeps the parameters of its questions in a table."""
        columns, lines = {}, []
        for place, statement in enumerate(questions[0]):
            types = parameter_types(self.database, statement.text)

            def parameter(index):
                values = [question[place].parameters[index - 1] for question in questions]
                of_type = types[index - 1]
                if all(value is None for value in values):
                    return f"null::{of_type}"
                if any(value is None for value in values):
                    raise SystemExit(f"a parameter is null in some questions only, which pgbench cannot ask:\n{statement.text}")
                # Scripts of one client share their variables.
                name = f"q{number}s{place}p{index}v"
                columns[name] = values
                return f":{name}::{of_type}"

            text = written(statement.text, parameter)
            if surplus := [name for name in VARIABLE.findall(text) if name[1:] not in columns]:
                raise SystemExit(f"pgbench would take {surplus} for variables in:\n{text}")
            lines.append(f"{text};")
        return self.keep(number, columns, lines, len(questions))

    def keep(self, number, columns, lines, count):
        rows = ["(" + ", ".join([str(row), *(literal(values[row], "text") for values in columns.values())]) + ")"
                for row in range(count)]
        table = f"{self.schema}.question_{number}"
        names = ["question", *columns]
        psql(self.database,
             f"create table {table} as select * from (values {', '.join(rows)}) as asked({', '.join(names)})",
             f"create unique index on {table} (question)", f"analyze {table}")
        # A client that has asked keeps its parameters for a few requests.
        head = [f"\\if :turn{number}v % {LOOKED_UP_EVERY} = 0", f"\\set question random(0, {count - 1})",
                f"select {', '.join(columns) or '1 as nothing'} from {table} where question = :question \\gset", "\\endif",
                f"\\set turn{number}v :turn{number}v + 1"]
        path = pathlib.Path(self.folder.name) / f"{number}.sql"
        path.write_text("\n".join([*head, *lines, ""]))
        return path

    def run(self, clients, seconds=SECONDS):
        """Transactions of pgbench per second, each all statements of one request, and how long they took."""
        files = [argument for path, weight in self.scripts for argument in ("-f", f"{path}@{weight}")]
        turns = [argument for number in range(len(self.scripts)) for argument in ("-D", f"turn{number}v=0")]
        with tempfile.TemporaryDirectory(prefix="chargeback-pgbench-") as logs:
            command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(2, clients)),
                       "-T", str(seconds + WARM_SECONDS), "-l", "--log-prefix", f"{logs}/log", *turns, *files, self.database]
            ended = subprocess.run(command, capture_output=True, text=True)
            if ended.returncode:
                raise SystemExit(f"pgbench failed:\n{ended.stdout}{ended.stderr}")
            return figures([line for log in pathlib.Path(logs).iterdir() for line in log.read_text().splitlines()])

    def close(self):
        psql(self.database, f"drop schema {self.schema} cascade")
        self.folder.cleanup()


def figures(log):
    """What the lines of pgbench's log come to: client, number, microseconds that it took, script, and when it ended."""
    ended = [(int(line[4]) + int(line[5]) / 1e6, int(line[2]) / 1000) for line in map(str.split, log)]
    warm = min(at - took / 1000 for at, took in ended) + WARM_SECONDS
    measured = [(at, took) for at, took in ended if at >= warm]
    milliseconds = sorted(took for _, took in measured)
    percentile = lambda percent: milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * percent / 100))]
    rate = len(measured) / (max(at for at, _ in measured) - warm)
    return Figures(rate, percentile(50), percentile(95), percentile(99), len(measured))

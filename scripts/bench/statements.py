"""Which statements a request makes: read from PostgreSQL's own log, so that nothing here knows what they are."""

import dataclasses
import pathlib
import re
import time

from common import psql

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ UTC \[(\d+)\] (\w+):  (.*)$")
DURATION = re.compile(r"duration: ([\d.]+) ms  (?:(statement)|(parse|bind|execute) [^:]+): (.*)", re.DOTALL)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
# What a statement is made of: a string, a quoted name, comments, a parameter, anything else.
TOKEN = re.compile(r"('(?:[^']|'')*')|(\"[^\"]*\")|(--[^\n]*|/\*.*?\*/)|\$(\d+)", re.DOTALL)


@dataclasses.dataclass
class Statement:
    """A statement as it was executed: its text, its parameters as text (None where null), and how long it took in
    milliseconds to be planned and to be executed."""

    text: str
    parameters: list[str | None]
    planned: float
    executed: float


class StatementLog:
    """Has the server log all that it executes, until the block ends."""

    def __init__(self, database):
        self.database = database
        # Beside its data a private server keeps what it says.
        self.path = pathlib.Path(psql(database, "show data_directory")).parent / "postgres.log"

    def __enter__(self):
        psql(self.database, "alter system set log_min_duration_statement = 0", "select pg_reload_conf()")
        time.sleep(1)
        # What the service does of its own accord is no part of a request.
        _, idle = self.during(lambda: time.sleep(4), background=())
        self.background = {texts(unit) for unit in idle}
        return self

    def __exit__(self, *_):
        psql(self.database, "alter system reset log_min_duration_statement", "select pg_reload_conf()")
        time.sleep(1)

    def during(self, action, background=None):
        """What `action` answers, and what was executed meanwhile: a list of transactions, in the order of their beginning."""
        position = self.path.stat().st_size
        answer = action()
        # A transaction that is given up is ended by the connection after the answer.
        time.sleep(0.15)
        with self.path.open("rb") as file:
            file.seek(position)
            units = transactions(read(file.read().decode(errors="replace")))
        background = self.background if background is None else background
        return answer, [unit for unit in units if texts(unit) not in background]


def read(log):
    """The statements of a log with the processes that executed them."""
    entries = []
    for line in log.splitlines():
        if match := ENTRY.match(line):
            entries.append([match[1], match[2], match[3]])
        elif entries:
            entries[-1][2] += "\n" + line.removeprefix("\t")
    found, planned = [], {}
    for place, (process, kind, message) in enumerate(entries):
        duration = DURATION.match(message) if kind == "LOG" else None
        if duration is None:
            continue
        if duration[3] in ("parse", "bind"):
            planned[process] = planned.get(process, 0) + float(duration[1])
            continue
        follows = entries[place + 1] if place + 1 < len(entries) else ("", "", "")
        detail = follows[2] if follows[0] == process and follows[1] == "DETAIL" else ""
        values = [None if value == "NULL" else value[1:-1].replace("''", "'") for _, value in PARAMETER.findall(detail)]
        found.append((process, Statement(duration[4], values, planned.pop(process, 0), float(duration[1]))))
    return found


def transactions(statements):
    """Groups what each process executed: from `begin` to its end, or a statement by itself. The end of a transaction that
    had begun before is none."""
    units, begun = [], {}
    for process, statement in statements:
        word = statement.text.lower().split(None, 1)[0].rstrip(";") if statement.text.strip() else ""
        if word in ("begin", "start"):
            begun[process] = [statement]
            units.append(begun[process])
        elif process in begun:
            begun[process].append(statement)
            if word in ("commit", "rollback", "end"):
                del begun[process]
        elif word != "rollback":
            units.append([statement])
    return units


def texts(unit):
    return tuple(statement.text for statement in unit)


def written(text, parameter):
    """The text without comments, each `$n` as `parameter(n)` gives it."""
    def token(match):
        if match[3]:
            return " "
        return parameter(int(match[4])) if match[4] else match[0]
    return TOKEN.sub(token, text).strip().rstrip(";")


def parameter_types(database, text):
    """The types that the server takes the parameters of a statement for."""
    if "$" not in text:
        return []
    bare = written(text, lambda number: f"${number}")
    return psql(database, f"prepare asked as {bare}",
                "select unnest(parameter_types) from pg_prepared_statements where name = 'asked'").split("\n")


def with_values(database, statement):
    """The text with its parameters in it."""
    types = parameter_types(database, statement.text)
    return written(statement.text, lambda number: literal(statement.parameters[number - 1], types[number - 1]))


def literal(value, of_type):
    if value is None:
        return f"null::{of_type}"
    escaped = value.replace("'", "''")
    return f"'{escaped}'::{of_type}"

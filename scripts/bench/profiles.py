"""Why something takes as long as it does: where processors were, which statements a request makes, and their plans."""

import collections
import os
import pathlib
import shutil
import subprocess
import tempfile

from common import FOLDER, ROOT, psql
from statements import with_values

SECONDS = 3
PROFILES = FOLDER / "profiles"
# Statements of a request whose plans are shown.
EXPLAINED = 3


class Profile:
    """One text, and its few lines that say most."""

    def __init__(self, subject):
        PROFILES.mkdir(parents=True, exist_ok=True)
        self.path = PROFILES / f"{subject}.txt"
        self.parts, self.top = [], []

    def add(self, title, text):
        self.parts.append(f"== {title}\n\n{text.rstrip()}\n")

    def keep(self):
        self.path.write_text("\n".join(self.parts))
        return {"file": str(self.path.relative_to(ROOT)), "top": self.top}

    def processors(self, load):
        """Where all processors are while `load(seconds)` goes on."""
        if not shutil.which("perf"):
            self.add("processors", "perf is not installed: linux-perf has it")
            self.top.append("perf is not installed, so that nothing is known of processors")
            return
        with tempfile.TemporaryDirectory(prefix="chargeback-perf-") as folder:
            data = pathlib.Path(folder) / "perf.data"
            record = ["perf", "record", "-q", "-a", "-g", "-F", "199", "-o", data, "--", "sleep", str(SECONDS)]
            recording = subprocess.Popen(record, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            load(SECONDS + 1)
            problem = recording.communicate()[1]
            if recording.returncode or not data.exists():
                self.add("processors", f"perf could not record: {problem}")
                self.top.append("perf could not record, so that nothing is known of processors")
                return
            by_process = perf(data, "comm", 1)
            self.add("processors, by process", by_process)
            self.top += [f"processors: {line.strip()}" for line in lines_of(by_process)[:4]]
            by_function = perf(data, "comm,dso,symbol", 0.4)
            self.add("processors, by function", by_function)
            self.top += [f"function: {' '.join(line.split())[:150]}" for line in lines_of(by_function)[:6]]
            self.add("processors, by function with who called it", perf(data, "comm,symbol", 1, "caller,0.5,callee"))

    def statements(self, database, requests):
        """What the requests executed, by statement, and the plans of those that took longest."""
        by_text = collections.defaultdict(list)
        for units in requests:
            for unit in units:
                for statement in unit:
                    by_text[statement.text].append(statement)
        if not by_text:
            return
        spent = lambda statements: sum(one.planned + one.executed for one in statements)
        ordered = sorted(by_text.items(), key=lambda item: -spent(item[1]))
        whole = sum(spent(statements) for _, statements in ordered)
        lines = [f"{len(requests)} requests one after another, {whole / len(requests):.2f} ms of statements each", "",
                 "   share  calls  planned  executed  (ms of one request)"]
        for text, statements in ordered:
            planned = sum(one.planned for one in statements) / len(requests)
            executed = sum(one.executed for one in statements) / len(requests)
            lines.append(f"{spent(statements) / whole:8.1%}  {len(statements) / len(requests):5.1f}  {planned:7.3f}  "
                         f"{executed:8.3f}  {' '.join(text.split())[:200]}")
        self.add("statements", "\n".join(lines))
        self.top.append(f"statements: {lines[0]}")
        self.top += [f"statement: {' '.join(line.split())[:150]}" for line in lines[3:6]]
        for _, statements in ordered[:EXPLAINED]:
            self.add("plan", plan(database, max(statements, key=lambda one: one.executed)))


def plan(database, statement):
    """How the server goes about a statement with these parameters; what changes something is not done again for that."""
    text = with_values(database, statement)
    try:
        explained = psql(database, "begin read only", f"explain (analyze, buffers, verbose) {text}", "rollback")
    except subprocess.CalledProcessError as error:
        explained = f"not explained: {error.stderr.strip()}"
    return f"{text}\n\n{explained}"


def perf(data, sort, least_percent, graph="none"):
    command = ["perf", "report", "-i", data, "--stdio", "--no-children", "--sort", sort, "-g", graph,
               "--percent-limit", str(least_percent)]
    text = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PAGER": "cat"}).stdout
    lines = (line.rstrip(" -") for line in text.splitlines() if not line.startswith("#"))
    return "\n".join(line for line in lines if line.strip())


def lines_of(text):
    return [line for line in text.splitlines() if "%" in line]

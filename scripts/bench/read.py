"""How fast the read API answers: beside an empty handler, pgbench and psql, while a refresh runs, and as the bill grows."""

import contextlib
import os
import random
import time

from common import ROUNDS, forget_peak, memory, setting
from meanwhile import Refreshing, refresh
from profiles import Profile
from questions import OTHER_MONTH, Questions, Year, describe
from replay import Replay
from sending import Copied, Sent, count_rows, fetch
from statements import StatementLog
from table import Table, median
from wrk import SECONDS, Figures, load

CONNECTIONS = 50
CONCURRENCIES = (1, 8, CONNECTIONS)
# So many questions of each kind are asked by pgbench by turns.
CAPTURED = 48
FORMATS = {"csv": "CSV", "ndjson": "NDJSON", "parquet": "Parquet"}
# What batches that are under way and their encoder may take for a table of any length.
FLAT_MEBIBYTES = 48
EMPTY, UNCHANGED, REMEMBERED = "empty handler", "304", "showback from memory"
SHOWBACK, COSTS, TABLE = "showback worked out", "costs of a year by three dimensions", "table of a year"
BY_POSTGRES = ", all asked of Postgres"
WHILE = " while a refresh runs"


def from_memory(service, questions):
    """Figures of what needs no database, and of a handler that does nothing."""
    one = questions.showbacks[:1]
    rounds = {EMPTY: [], UNCHANGED: [], REMEMBERED: []}
    for _ in range(ROUNDS):
        rounds[EMPTY].append(load(service.address, ["/livez"], CONNECTIONS))
        rounds[UNCHANGED].append(unchanged(service, one))
        rounds[REMEMBERED].append(load(service.address, one, CONNECTIONS))
    return {(what, CONNECTIONS): Figures.median_of(figures) for what, figures in rounds.items()}


def unchanged(service, one):
    """Askers who have the newest answer: between two versions, since the flip to another makes theirs an old one."""
    for _ in range(10):
        tag = service.tag(one[0])
        figures = load(service.address, one, CONNECTIONS, headers=[("If-None-Match", tag)])
        if service.tag(one[0]) == tag:
            return figures
    raise SystemExit(f"no version was served for {SECONDS} seconds")


def worked_out(service, questions, replays=None):
    """Figures of what is worked out for each request, and of pgbench asking the same of the database."""
    ours, beside = {}, {}
    for what, paths in {SHOWBACK: questions.showbacks, COSTS: questions.costs}.items():
        for connections in CONCURRENCIES:
            rounds, peers = [], []
            for _ in range(ROUNDS):
                rounds.append(load_without_sharing(service, paths, connections))
                if replays:
                    peers.append(replays[what].run(connections))
            ours[what, connections] = Figures.median_of(rounds)
            if replays:
                beside[what, connections] = Figures.median_of(peers)
    return ours, beside


def load_without_sharing(service, paths, connections):
    """Load of which every answer was worked out: fifty who ask the same would share one, which would say nothing."""
    before = answers_from_memory(service)
    figures = load(service.address, paths, connections)
    if shared := answers_from_memory(service) - before:
        raise SystemExit(f"{shared} of {figures.requests} requests for {paths[0]} and the others were not worked out")
    return figures


def answers_from_memory(service):
    return service.metric("answers_from_memory_total")


def capture(log, service, questions):
    """The statements of some requests of each kind, asked one after another."""
    captured = {}
    for what, paths in {SHOWBACK: questions.showbacks, COSTS: questions.costs}.items():
        # At random: every so many of the paths would be the same month of each team.
        asked = random.Random(0).sample(paths, min(CAPTURED, len(paths)))
        # The first ones are asked for more: what connections and memories keep.
        for path in asked[:8]:
            service.get(path)
        captured[what] = [log.during(lambda: service.get(path))[1] for path in asked]
    return captured


def tables(service, questions, copied=None, forms=FORMATS):
    """Figures of whole tables, and of psql copying one."""
    ours, peers = {form: [] for form in forms}, []
    for _ in range(ROUNDS):
        for form in forms:
            ours[form].append(fetch(service, questions.table(form)))
        if copied:
            peers.append(copied.run())
    return {form: Sent.median_of(sent) for form, sent in ours.items()}, Sent.median_of(peers) if copied else None


class Reading:
    """The benchmark, part by part."""

    def __init__(self, table, small, large):
        self.table, self.small, self.large = table, small, large
        self.quiet, self.captured = {}, {}

    def from_memory(self):
        with self.large.remembering() as service:
            self.questions = Questions(service)
            self.table.how |= describe(self.large.database, self.questions)
            self.quiet |= from_memory(service, self.questions)
            self.refreshes_alone = [refresh(service, OTHER_MONTH) for _ in range(ROUNDS)]
        nothing = self.quiet[EMPTY, CONNECTIONS]
        self.table.add(EMPTY, "rate", "/s", nothing.rate)
        self.table.add(EMPTY, "p99", "ms", nothing.p99)
        for what, wanted_rate, wanted_tail in ((UNCHANGED, {"most_times": 1 / 0.6}, {}), (REMEMBERED, {}, {"most": 5})):
            found = self.quiet[what, CONNECTIONS]
            self.table.add(what, "rate", "/s", found.rate, beside=nothing.rate, beside_is="an empty handler", **wanted_rate)
            self.table.add(what, "p99", "ms", found.p99, beside=nothing.p99, beside_is="an empty handler", **wanted_tail)

    def worked_out(self):
        database = self.large.database
        with self.large.asking() as service:
            with StatementLog(database) as log:
                self.captured = capture(log, service, self.questions)
                copied = Copied(database, log, service, self.questions.table("csv"))
            replays = {what: Replay(database, f"bench_{number}", requests)
                       for number, (what, requests) in enumerate(self.captured.items())}
            self.captured[TABLE] = [[[copied.statement]]]
            asked, peers = worked_out(service, self.questions, replays)
            for replay in replays.values():
                replay.close()
        with self.large.forgetting() as service:
            forget_peak(service.process.pid)
            figures, _ = worked_out(service, self.questions)
            self.quiet |= figures
            for key, found in figures.items():
                self.add_worked_out(*key, found, asked[key], peers[key])
            self.table.add("our process", "peak memory of all that", "MiB", memory(service.process.pid))
            self.table.add("our process", "of it summaries of loads", "MiB", service.metric("summaries_held_bytes") / 2**20)
            self.sent, peer = tables(service, self.questions, copied)
            self.add_tables(peer, count_rows(service, self.questions.table("csv")))

    def add_worked_out(self, what, connections, found, asked, pgbench):
        at = f"{connections} at once"
        tail, wanted = ("p95", 150) if what == COSTS else ("p99", 25)
        self.table.add(what, f"{at}, rate", "/s", found.rate, beside=asked.rate, beside_is="the database asked for each")
        for measure, limit in (("p50", {}), (tail, {"most": wanted})):
            self.table.add(what, f"{at}, {measure}", "ms", getattr(found, measure), beside=getattr(asked, measure),
                           beside_is="the database asked for each", **limit)
        self.table.add(what + BY_POSTGRES, f"{at}, rate", "/s", asked.rate, beside=pgbench.rate,
                       beside_is="pgbench, the same statements", most_times=1.5)

    def add_tables(self, copied, rows):
        for form, found in self.sent.items():
            what = FORMATS[form]
            wanted = {"least": 50} if form == "csv" else {}
            self.table.add(TABLE, f"{what}, rate", "MB/s", found.rate, beside=copied.rate,
                           beside_is="psql copying the same as CSV", **wanted,
                           note=f"{rows:,} rows, {found.megabytes:.0f} MB in {found.seconds:.1f} s")
            self.table.add(TABLE, f"{what}, to the first byte", "s", found.first, beside=copied.first, beside_is="psql")
            self.table.add(TABLE, f"{what}, rate after it", "MB/s", found.rate_after_first, beside=copied.rate_after_first,
                           beside_is="psql")
            rise = max(0, found.memory_peak - found.memory_before)
            self.table.add(TABLE, f"{what}, memory that it takes", "MiB", rise, most=FLAT_MEBIBYTES,
                           note=f"{found.memory_before:.0f} MiB before, {found.memory_peak:.0f} MiB at most")

    def while_a_refresh_runs(self):
        with self.large.remembering() as service, Refreshing(service, OTHER_MONTH) as first:
            meanwhile = from_memory(service, self.questions)
        with self.large.forgetting() as service, Refreshing(service, OTHER_MONTH) as second:
            meanwhile |= worked_out(service, self.questions)[0]
            csv = tables(service, self.questions, forms=["csv"])[0]["csv"]
        for (what, connections), found in meanwhile.items():
            before, tail = self.quiet[what, connections], "p95" if what == COSTS else "p99"
            for measure, unit in (("rate", "/s"), (tail, "ms")):
                self.table.add(what + WHILE, f"{connections} at once, {measure}", unit, getattr(found, measure),
                               beside=getattr(before, measure), beside_is="the same without", most_times=2)
        self.table.add(TABLE + WHILE, "CSV, rate", "MB/s", csv.rate, beside=self.sent["csv"].rate,
                       beside_is="the same without", most_times=2)
        seconds = first.seconds + second.seconds
        self.table.add("refresh of a month", "while all that is asked", "s", median(seconds),
                       beside=median(self.refreshes_alone), beside_is="the same while nothing is asked",
                       note=f"{len(seconds)} times over")

    def growth(self):
        with self.small.remembering() as service:
            questions = Questions(service)
            fewer = from_memory(service, questions)
        with self.small.forgetting() as service:
            fewer |= worked_out(service, questions)[0]
            csv = tables(service, questions, forms=["csv"])[0]["csv"]
        many, few = " of ten times the lines", "of a tenth"
        for (what, connections), found in self.quiet.items():
            if what == EMPTY:
                continue
            for measure, unit in (("rate", "/s"), ("p50", "ms")):
                self.table.add(what + many, f"{connections} at once, {measure}", unit, getattr(found, measure),
                               beside=getattr(fewer[what, connections], measure), beside_is=few)
        sent = self.sent["csv"]
        self.table.add(TABLE + many, "CSV, rate", "MB/s", sent.rate, beside=csv.rate, beside_is=few)
        self.table.add(TABLE + many, "CSV, as a whole", "s", sent.seconds, beside=csv.seconds, beside_is=few)

    def profiles(self):
        """Says of each subject that missed a target where its time goes."""
        for subject in self.table.missed():
            bare = subject.removesuffix(WHILE).removesuffix(BY_POSTGRES)
            kept = Profile(subject.replace(",", "").replace(" ", "-"))
            forgets = self.large.asking if subject.endswith(BY_POSTGRES) else self.large.forgetting
            serve = forgets if bare in (SHOWBACK, COSTS, TABLE) else self.large.remembering
            with serve() as service:
                is_meanwhile = subject.endswith(WHILE)
                with Refreshing(service, OTHER_MONTH) if is_meanwhile else contextlib.nullcontext():
                    kept.processors(lambda seconds: self.load_again(service, bare, seconds))
            kept.statements(self.large.database, self.captured.get(bare, []))
            self.table.profiles[subject] = kept.keep()

    def load_again(self, service, what, seconds):
        """The load of a subject, at its most."""
        paths = {EMPTY: ["/livez"], SHOWBACK: self.questions.showbacks, COSTS: self.questions.costs}
        if what == TABLE:
            begun = time.monotonic()
            while time.monotonic() - begun < seconds:
                fetch(service, self.questions.table("csv"))
            return
        one = self.questions.showbacks[:1]
        headers = [("If-None-Match", service.tag(one[0]))] if what == UNCHANGED else []
        load(service.address, paths.get(what, one), CONNECTIONS, headers, seconds)


def main():
    lines = setting("MONTH_LINES", 1_500_000, 20_000)
    table = Table("read", "Reading", connections=CONNECTIONS, seconds_each=SECONDS, rounds=ROUNDS)
    server = os.environ["DATABASE_URL"]
    reading = Reading(table, Year(server, "small", lines // 10), Year(server, "large", lines))
    for part in (reading.from_memory, reading.worked_out, reading.while_a_refresh_runs, reading.growth, reading.profiles):
        part()
    table.report()


if __name__ == "__main__":
    main()

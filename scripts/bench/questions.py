"""What is asked: of twelve whole months, in ways that no two requests of a load have in common."""

import contextlib
import subprocess

from common import CHARGEBACK, Service, configure, database_beside, psql, sample

MONTHS = ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03",
          # April holds the few lines that AWS published.
          "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]
# Read again and again while others are asked for.
OTHER_MONTH = "2025-09"
# As many as the sample has to have, with April.
SAMPLED = 14

THREE_DIMENSIONS = ["group_by=team,model,token_kind", "granularity=monthly&group_by=team,model,charge_type",
                    "group_by=team,region,tier"]
# The finest grain that is kept.
EVERYTHING = "granularity=daily&group_by=team,account,principal,usage_type,operation,product,charge_type,tag:cost-center"


class Year:
    """Twelve months of so many lines, and one more, in a database of their own."""

    def __init__(self, server, name, lines):
        self.database = database_beside(server, f"chargeback_{name}")
        self.export = sample(f"year-{name}", "--months", str(SAMPLED), "--lines", str(lines), "--bedrock-percent", "100",
                             "--teams", "50")
        config, _ = configure(name, self.export, self.database)
        subprocess.run([CHARGEBACK, "refresh", "--config", config], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def remembering(self):
        """A service that keeps answers in memory, as it does unless told otherwise."""
        return Service(*configure("remembering", self.export, self.database))

    @contextlib.contextmanager
    def forgetting(self):
        """A service that works out every answer, from the summaries of loads that it holds in memory where those will do."""
        with Service(*configure("forgetting", self.export, self.database, answer_memory_bytes=0)) as service:
            service.wait_until_held()
            yield service

    def asking(self):
        """A service that asks the database for everything that it says."""
        limits = {"answer_memory_bytes": 0, "summary_memory_bytes": 0}
        return Service(*configure("asking", self.export, self.database, **limits))


class Questions:
    """Paths, for a service that serves the sample."""

    def __init__(self, service):
        teams = [team["slug"] for team in service.get_json("/v1/teams")["data"] if team["slug"] != "unattributed"]
        self.showbacks = [f"/v1/teams/{team}/showback?period={month}" for team in teams for month in MONTHS]
        # The same work for each, and another question to the memory of answers, which would otherwise have fifty askers
        # share one answer.
        self.costs = [f"/v1/costs?period={','.join(order)}&{dimensions}"
                      for order in orders(MONTHS) for dimensions in THREE_DIMENSIONS]
        self.teams = len(teams)

    def table(self, form):
        """All facts of the year as rows."""
        return f"/v1/costs?period={','.join(MONTHS)}&{EVERYTHING}&format={form}"


def orders(months):
    """The months from each of them on, forwards and backwards."""
    return [line[start:] + line[:start] for line in (months, months[::-1]) for start in range(len(months))]


def describe(database, questions):
    """How much there is to be asked about."""
    periods = ", ".join(f"'{month}-01'" for month in MONTHS)
    facts, lines = psql(database, f"select sum(fact_rows), sum(line_items) from load where state = 'current' and period in ({periods})"
                        ).split("|")
    principals, models = psql(database, "select (select count(*) from principal), (select count(distinct model) from charge)").split("|")
    return {"months": len(MONTHS), "line_items": f"{int(lines):,}", "facts": f"{int(facts):,}", "principals": principals,
            "models": models, "teams": questions.teams}

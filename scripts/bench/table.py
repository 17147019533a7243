"""What was measured: a table that people can read, and JSON."""

import dataclasses
import json
import os
import statistics

from common import FOLDER

WORDS = {"/s": "{:,.0f}/s", "ms": "{:,.1f} ms", "s": "{:,.2f} s", "MiB": "{:,.0f} MiB", "MB/s": "{:,.1f} MB/s",
         "rows": "{:,.0f} rows"}
# More of these is better; of everything else less is.
RATES = ("/s", "MB/s")


def median(values):
    return statistics.median(values)


@dataclasses.dataclass
class Row:
    """One figure, and the one that it is held against."""

    subject: str
    what: str
    unit: str
    ours: float
    beside: float | None = None
    beside_is: str = ""
    wanted: str = ""
    is_met: bool | None = None
    note: str = ""

    @property
    def times_as_slow(self):
        """How many times as long (a rate: how many times as few), or as much, as beside: under 1 is better than that."""
        if not self.beside or not self.ours:
            return None
        return self.beside / self.ours if self.unit in RATES else self.ours / self.beside


class Table:
    """Figures, profiles of the subjects that missed a target, and how it was measured."""

    def __init__(self, name, title, **how):
        self.name, self.title = name, title
        self.how = {"processors": os.cpu_count(), **how}
        self.rows, self.profiles = [], {}

    def add(self, subject, what, unit, ours, beside=None, beside_is="", most=None, least=None, most_times=None, note=""):
        """One figure; `most`, `least` and `most_times` (of what is beside it) say what is wanted."""
        row = Row(subject, what, unit, ours, beside, beside_is, note=note)
        if most is not None:
            row.wanted, row.is_met = f"< {shown(most, unit)}", ours < most
        elif least is not None:
            row.wanted, row.is_met = f">= {shown(least, unit)}", ours >= least
        elif most_times is not None:
            row.wanted, row.is_met = f"<= {most_times:.2f}x", row.times_as_slow <= most_times
        self.rows.append(row)

    def missed(self):
        """The subjects of which a figure is not what is wanted."""
        return list(dict.fromkeys(row.subject for row in self.rows if row.is_met is False))

    def report(self):
        """Prints everything, and keeps it."""
        how = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in self.how.items())
        print(f"\n{self.title}\n({how}; medians; times as long or as much, or as few a second)\n")
        lines = [("", "ours", "beside", "times", "wanted", "", "")]
        subject = None
        for row in self.rows:
            if row.subject != subject:
                subject = row.subject
                lines.append((subject, "", "", "", "", "", ""))
            times = row.times_as_slow
            verdict = {None: "", True: "met", False: "MISSED"}[row.is_met]
            says = "; ".join(text for text in (row.beside_is and f"beside: {row.beside_is}", row.note) if text)
            lines.append((f"  {row.what}", shown(row.ours, row.unit), shown(row.beside, row.unit),
                          "" if times is None else f"{times:.2f}x", row.wanted, verdict, says))
        widths = [max(len(line[column]) for line in lines) for column in range(6)]
        for line in lines:
            cells = [cell.ljust(width) if column in (0, 5) else cell.rjust(width)
                     for column, (cell, width) in enumerate(zip(line, widths))]
            print("  ".join([*cells, line[6]]).rstrip())
        for subject, profile in self.profiles.items():
            print(f"\n{subject}: {profile['file']}")
            print("\n".join(f"  {line}" for line in profile["top"]))
        rows = [dataclasses.asdict(row) | {"times_as_slow": row.times_as_slow} for row in self.rows]
        kept = {"title": self.title, "how": self.how, "rows": rows, "profiles": self.profiles}
        (FOLDER / f"{self.name}.json").write_text(json.dumps(kept, indent=2) + "\n")


def shown(value, unit):
    return "" if value is None else WORDS[unit].format(value)

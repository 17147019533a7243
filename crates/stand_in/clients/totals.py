"""Asks the stand-in for what each charge type cost in each month, by clients that are somebody else's, and holds the
answers against sums that pyarrow and DuckDB read from the files themselves.

    totals.py FOLDER_OF_THE_EXPORT

Where the stand-in is, AWS_ENDPOINT_URL says. Ends with 1 when any two of them differ.
"""

import collections
import decimal
import pathlib
import sys

import awswrangler
import duckdb
import pyarrow.dataset
import pyathena
import pyathena.cursor
import pyathena.pandas.cursor

RESULTS = "s3://results/"
COLUMNS = ["line_item_line_item_type", "line_item_unblended_cost"]
# Costs are doubles in the export: each is cast to twelve decimals, and only then summed.
QUESTION = """
    select
        line_item_line_item_type as charge_type,
        sum(cast(line_item_unblended_cost as decimal(38, 12))) as cost,
        count(*) as lines
    from cur2
    where billing_period = {period}
    group by line_item_line_item_type
"""
Totals = dict[str, tuple[decimal.Decimal, int]]


def totals(rows) -> Totals:
    return {charge_type: (decimal.Decimal(cost), int(lines)) for charge_type, cost, lines in rows}


def of_frame(frame) -> Totals:
    return totals(frame[["charge_type", "cost", "lines"]].itertuples(index=False, name=None))


def wrangler(period: str, s3_output: str = RESULTS, **way) -> Totals:
    question = QUESTION.format(period=f"'{period}'")
    return of_frame(awswrangler.athena.read_sql_query(question, database="billing", s3_output=s3_output, **way))


def wrangler_bound(period: str) -> Totals:
    """With the period as an execution parameter, which this client quotes by itself."""
    return of_frame(
        awswrangler.athena.read_sql_query(
            QUESTION.format(period="?"),
            database="billing",
            s3_output=RESULTS,
            ctas_approach=False,
            params=[f"'{period}'"],
            paramstyle="qmark",
        )
    )


def athena(period: str, cursor_class) -> Totals:
    with pyathena.connect(s3_staging_dir=RESULTS, schema_name="billing", cursor_class=cursor_class) as connection:
        cursor = connection.cursor()
        cursor.execute(QUESTION.format(period="?"), [f"'{period}'"], paramstyle="qmark")
        return totals(cursor.fetchall())


def by_decimal(folder: pathlib.Path) -> Totals:
    sums, lines = collections.defaultdict(decimal.Decimal), collections.Counter()
    for batch in pyarrow.dataset.dataset(folder, format="parquet").to_batches(columns=COLUMNS):
        for charge_type, cost in zip(*(batch.column(name).to_pylist() for name in COLUMNS)):
            sums[charge_type] += decimal.Decimal(repr(cost)).quantize(decimal.Decimal("1e-12"))
            lines[charge_type] += 1
    return {charge_type: (sums[charge_type], lines[charge_type]) for charge_type in lines}


def by_duckdb(folder: pathlib.Path) -> Totals:
    question = f"""
        select line_item_line_item_type, sum(cast(line_item_unblended_cost as decimal(38, 12))), count(*)
        from read_parquet('{folder}/*.parquet') group by 1
    """
    return totals(duckdb.sql(question).fetchall())


def main(export: pathlib.Path) -> int:
    decimal.getcontext().prec = 60
    asked = {
        "awswrangler, CSV": lambda period: wrangler(period, ctas_approach=False),
        "awswrangler, UNLOAD": lambda period: wrangler(
            period,
            ctas_approach=False,
            unload_approach=True,
            s3_output=f"{RESULTS}unload/{period}/",
        ),
        "awswrangler, CREATE TABLE AS": lambda period: wrangler(period, ctas_approach=True),
        "awswrangler, ? parameter": wrangler_bound,
        "pyathena, paging": lambda period: athena(period, pyathena.cursor.Cursor),
        "pyathena, CSV": lambda period: athena(period, pyathena.pandas.cursor.PandasCursor),
    }
    differences = 0
    periods = sorted(folder.name.split("=")[1] for folder in (export / "data").iterdir())
    for period in periods:
        folder = export / "data" / f"BILLING_PERIOD={period}"
        truth = by_decimal(folder)
        answers = {"DuckDB": by_duckdb(folder)} | {name: ask(period) for name, ask in asked.items()}
        print(f"{period}: {len(truth)} charge types, {sum(cost for cost, _ in truth.values())} by pyarrow and Decimal")
        for name, answer in answers.items():
            if answer == truth:
                print(f"    {name}: the same")
            else:
                differences += 1
                print(f"    {name}: DIFFERS\n        {answer}\n        {truth}")
    return 1 if differences or not periods else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))

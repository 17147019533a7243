"""Measures how fast awswrangler and boto3 fetch the rollup of sql/daily_cost.sql from the stand-in.

    fetch.py ROWS

Where the stand-in is, AWS_ENDPOINT_URL says. Writes a line of JSON for each way: client, way, rows, seconds (from the start
of the query to the last row in memory) and seconds_fetch (from the query's end to the last row in memory).
"""

import json
import pathlib
import sys
import time

import awswrangler
import boto3

RESULTS = "s3://results/"
TEXT = (pathlib.Path(__file__).parents[3] / "sql" / "daily_cost.sql").read_text()
# What the text asks for by name: no session names are folded. Any other parameter is an empty text, which chooses all.
PARAMETERS = {"pattern": "'^$'", "period": "'2026-10'"}


def parameters() -> list[str]:
    """In the order of the text's header: a number, a name, a type, a meaning."""
    header = TEXT.split("-- Parameters, in order\n")[1].split("\n\n")[0]
    words = [line.removeprefix("--").split() for line in header.splitlines()]
    return [PARAMETERS.get(line[1], "''") for line in words if line and line[0].isdigit()]


def ended(athena, text: str, values: list[str]) -> dict:
    started = athena.start_query_execution(
        QueryString=text,
        ExecutionParameters=values,
        QueryExecutionContext={"Database": "billing"},
        ResultConfiguration={"OutputLocation": RESULTS},
    )
    while True:
        execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        state = execution["Status"]["State"]
        if state == "SUCCEEDED":
            return execution
        if state not in ("QUEUED", "RUNNING"):
            sys.exit(execution["Status"]["StateChangeReason"])
        time.sleep(0.02)


def by_wrangler_csv(execution) -> int:
    return len(awswrangler.athena.get_query_results(execution["QueryExecutionId"]))


def by_wrangler_unload(execution) -> int:
    manifest = execution["Statistics"]["DataManifestLocation"]
    bucket, key = manifest.removeprefix("s3://").split("/", 1)
    files = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode().split()
    return len(awswrangler.s3.read_parquet(files))


def by_pages(execution) -> int:
    pages = boto3.client("athena").get_paginator("get_query_results")
    answers = pages.paginate(QueryExecutionId=execution["QueryExecutionId"])
    # The header is no row.
    return sum(len([row["Data"] for row in page["ResultSet"]["Rows"]]) for page in answers) - 1


def main(rows: int) -> None:
    athena = boto3.client("athena")
    values = parameters()
    unload = f"UNLOAD ({TEXT}) TO '{RESULTS}rollup-wrangler/' WITH (format = 'PARQUET', compression = 'SNAPPY')"
    ways = [
        ("awswrangler", "UNLOAD", unload, by_wrangler_unload),
        ("awswrangler", "CSV", TEXT, by_wrangler_csv),
        ("boto3", "paging", TEXT, by_pages),
    ]
    for client, way, text, fetch in ways:
        begun = time.monotonic()
        execution = ended(athena, text, values)
        queried = time.monotonic()
        found = fetch(execution)
        done = time.monotonic()
        if found != rows:
            sys.exit(f"{client}, {way}: {found} rows instead of {rows}")
        measured = {"client": client, "way": way, "rows": found}
        print(json.dumps(measured | {"seconds": done - begun, "seconds_fetch": done - queried}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

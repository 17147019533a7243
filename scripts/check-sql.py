"""Parses the texts in sql/. A question is one SELECT in both grammars; the table's definition is read by Athena alone."""

import pathlib
import sys

import sqlglot
from sqlglot import exp

SQL = pathlib.Path(__file__).resolve().parent.parent / "sql"
DEFINITION = "cur2_table.sql"


def main() -> None:
    texts = sorted(SQL.glob("*.sql"))
    for path in texts:
        for dialect in ["athena"] if path.name == DEFINITION else ["athena", "trino"]:
            check(path, dialect)
    # A check that accepts anything would be none.
    for broken in ["select from where", "select element_at(a, from t", "select (1 from t"]:
        try:
            sqlglot.parse_one(broken, dialect="trino")
        except sqlglot.errors.ParseError:
            continue
        sys.exit(f"check-sql: `{broken}` was accepted")
    print(f"check-sql: {len(texts)} texts parse")


def check(path: pathlib.Path, dialect: str) -> None:
    try:
        statements = sqlglot.parse(path.read_text(), dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.ParseError as error:
        sys.exit(f"check-sql: {path.name} is not {dialect}: {error}")
    kind = exp.Create if path.name == DEFINITION else exp.Select
    if len(statements) != 1 or not isinstance(statements[0], kind):
        sys.exit(f"check-sql: {path.name} is not one {kind.__name__} in {dialect}: {statements!r}")
    if kind is exp.Select and (tables := {table.name for table in statements[0].find_all(exp.Table)}) - {"cur2", "bill_line", "bedrock_line"}:
        sys.exit(f"check-sql: {path.name} reads {tables}")


main()

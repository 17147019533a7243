"""Runs every command of a guide against a running service, and compares what it writes with what stands under it.

check-guide.py [--write] GUIDE URL: with --write the guide is given today's output; look at the difference then.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ADDRESS = "http://127.0.0.1:8080"
BLOCK = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    write = "--write" in sys.argv
    path, url = [argument for argument in sys.argv[1:] if argument != "--write"]
    guide = pathlib.Path(path)
    text = guide.read_text()
    blocks = list(BLOCK.finditer(text))
    failures, ran = [], 0
    with tempfile.TemporaryDirectory() as folder:
        # From the end, so that a longer output does not move the blocks still to come.
        for block, shown in reversed(list(zip(blocks, blocks[1:]))):
            if block["kind"] != "console":
                continue
            assert shown["kind"] == "text", f"a command without its output:\n{block['text']}"
            status, output = run(block["text"], url, folder)
            ran += 1
            if status != 0 or not output:
                failures.append(f"{block['text']}ended with {status} and wrote:\n{output}")
            elif write:
                text = text[: shown.start("text")] + output + text[shown.end("text") :]
            elif output != shown["text"]:
                failures.append(f"{block['text']}wrote:\n{output}and not:\n{shown['text']}")
    assert ran == text.count("```console"), "the last command has no output"
    if write:
        guide.write_text(text)
    if failures:
        sys.exit("check-guide: " + "\n".join(failures))
    print(f"check-guide: {ran} examples answer as {path} says")


def run(block: str, url: str, folder: str) -> tuple[int, str]:
    """Lines that start with `$ ` are typed in, with those that continue them."""
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    script = "\n".join(lines).replace(ADDRESS, url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=os.environ, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


main()

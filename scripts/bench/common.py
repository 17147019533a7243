"""What both benchmarks need: the service started on data of their own, medians, and a table that people can read."""

import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/bench"
CHARGEBACK = ROOT / "target/release/chargeback"


def sample(name, *options):
    """The folder of a sample export, written once."""
    folder = FOLDER / name
    done = folder / ".done"
    if not done.exists() or done.read_text() != repr(options):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        subprocess.run([CHARGEBACK, "sample", "--out", folder, *options], check=True, stdout=subprocess.DEVNULL)
        done.write_text(repr(options))
    return folder


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def configure(name, export, store, **limits):
    """A configuration file, and the address that it has the service listen on."""
    port = free_port()
    limits = "\n".join(f"{key} = {value}" for key, value in {"answers_per_minute": 1_000_000_000, **limits}.items())
    path = FOLDER / f"{name}.toml"
    path.write_text(f"""
[server]
listen = "127.0.0.1:{port}"
[store]
url = "{store}"
[limits]
{limits}
[refresh]
every = "24h"
[log]
filter = "warn"
[[export]]
name = "bench"
location = "{export}"
""")
    return path, f"http://127.0.0.1:{port}"


class Service:
    """`chargeback serve`, until the block ends."""

    def __init__(self, config, address):
        self.command = [CHARGEBACK, "serve", "--config", config]
        self.address = address

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=(FOLDER / "serve.log").open("w"))
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{self.address}/v1/periods").read()
                return self
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"the service did not start: {(FOLDER / 'serve.log').read_text()}")
                time.sleep(0.1)
        sys.exit("the service did not answer within two minutes")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def peak_memory(pid):
    """What a process has had in memory at most, in MiB; None once it is gone."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return None


def median(values):
    return statistics.median(values)


def report(name, title, rows):
    """Prints rows of (what, ours, peer, note), and keeps them."""
    machine = f"{os.cpu_count()} processors"
    print(f"\n{title} ({machine}; medians)\n")
    width = max(len(row[0]) for row in rows)
    print(f"{'':<{width}}  {'ours':>16}  {'beside':>16}  ")
    for what, ours, peer, note in rows:
        print(f"{what:<{width}}  {ours:>16}  {peer:>16}  {note}")
    kept = {"machine": machine, "rows": [dict(zip(("what", "ours", "beside", "note"), row)) for row in rows]}
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")

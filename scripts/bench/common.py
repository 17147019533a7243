"""What all benchmarks need: where things lie, data that are made once, the service started on them, and the database."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICK = os.environ.get("BENCH_QUICK", "") not in ("", "0")
FOLDER = ROOT / "target/bench" / ("quick" if QUICK else "")
CHARGEBACK = pathlib.Path(os.environ.get("CHARGEBACK", ROOT / "target/release/chargeback"))


FOLDER.mkdir(parents=True, exist_ok=True)


def setting(name, usually, quick):
    """A whole number from the environment, or what is usual: figures of a quick run only show that everything runs."""
    return int(os.environ.get(name, quick if QUICK else usually))


ROUNDS = setting("ROUNDS", 3, 1)


def sample(name, *options):
    """The folder of a sample export, written once."""
    folder = FOLDER / name
    done = folder / ".done"
    if not done.exists() or done.read_text() != repr(options):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        subprocess.run([CHARGEBACK, "sample", "--out", folder, *options], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
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
                self.get("/v1/periods")
                return self
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"the service did not start: {(FOLDER / 'serve.log').read_text()}")
                time.sleep(0.1)
        sys.exit("the service did not answer within two minutes")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path):
        """The body of an answer; an error where there is none."""
        return urllib.request.urlopen(self.address + path, timeout=120).read()

    def get_json(self, path):
        return json.loads(self.get(path))

    def post_json(self, path, body):
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=120))

    def metric(self, name):
        """What /metrics says of something that has no labels."""
        return float(re.search(rf"^chargeback_{name} (\S+)", self.get("/metrics").decode(), re.MULTILINE).group(1))

    def wait_until_held(self):
        """Waits until the summaries of all that is served are in memory."""
        periods = len(self.get_json("/v1/periods")["data"])
        for _ in range(600):
            if self.metric("summaries_held") >= periods:
                return
            time.sleep(0.1)
        sys.exit("the summaries of what is served were not held in memory within a minute")

    def tag(self, path):
        """The entity tag of an answer."""
        return urllib.request.urlopen(self.address + path, timeout=120).headers["etag"]


def memory(pid, field="VmHWM"):
    """What a process has in memory (`VmRSS`), or has had at most (`VmHWM`), in MiB; None once it is gone."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def forget_peak(pid):
    """What a process has had in memory at most is counted from now on."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def psql(database, *statements):
    """What statements answer, one row a line; each is a transaction of its own."""
    commands = [argument for statement in statements for argument in ("-c", statement)]
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", database, *commands]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def database_beside(database, name):
    """The address of a database of this name on the same server, which is made if it is missing."""
    if psql(database, f"select 1 from pg_database where datname = '{name}'") != "1":
        psql(database, f'create database "{name}"')
    before, _, options = database.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}?{options}"

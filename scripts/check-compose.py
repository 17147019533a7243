"""Starts what docker-compose.yml wires together, as processes on this machine, and asks the service what its header says.

Each service runs with the command, the environment and the configuration that the file gives it. What differs is what a
container engine would do: the names of hosts become addresses of this machine, folders become temporary ones, and Postgres is
the private server that DATABASE_URL names.
"""

import contextlib
import decimal
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARIES = ROOT / "target" / "debug"
PATIENCE_SECONDS = 180
# The sample's April has the figures that AWS published for attribution by principal.
PUBLISHED = decimal.Decimal("5.1978")


def main() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    services = YAML(typ="safe").load(text)["services"]
    check_order(services)
    with contextlib.ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        aws = start_stand_in(running, services["aws"], folder)
        settings = service_settings(services["chargeback"], aws)
        url, log = start_service(running, settings, folder)
        key = create_key(text, settings)
        answer = ask_until_loaded(url, key, log)
        total = decimal.Decimal(answer["meta"]["totals"][0]["cost"])
        assert total == PUBLISHED, f"April comes to {total}, not to {PUBLISHED}"
        assert all(control["delta"] == "0" for control in answer["control"]), answer["control"]
        status, _ = get(f"{url}/v1/costs?period=2026-04", None)
        assert status == 401, f"without a key the answer is {status}"
    print(f"check-compose: the wiring of docker-compose.yml serves April as {total} USD, through S3 and Athena")


def check_order(services: dict) -> None:
    """The service waits for a database that answers."""
    assert services["chargeback"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert services["postgres"]["healthcheck"]["test"][1] == "pg_isready"
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8080:8080"], f"more is published than should be: {published}"


def start_stand_in(running: contextlib.ExitStack, service: dict, folder: str) -> str:
    """The stand-in with its own command, in a folder of ours and on a free port. Gives its address."""
    replaced = {"/data": f"{folder}/aws", "0.0.0.0:4566": "127.0.0.1:0"}
    arguments = [replaced.get(argument, argument) for argument in service["command"]]
    process = start(running, "stand-in", arguments, {}, f"{folder}/stand-in.log", stdout=subprocess.PIPE)
    address = process.stdout.readline().strip()
    assert address.startswith("http://"), pathlib.Path(f"{folder}/stand-in.log").read_text()
    return address


def service_settings(service: dict, aws: str) -> dict:
    """The environment of the service, with its hosts on this machine."""
    mounted = next(volume for volume in service["volumes"] if volume.endswith("/etc/chargeback/chargeback.toml:ro"))
    settings = {name: value.replace("http://aws:4566", aws) for name, value in service["environment"].items()}
    return settings | {
        "CHARGEBACK_CONFIG": str(ROOT / mounted.split(":")[0]),
        "CHARGEBACK_STORE__URL": os.environ["DATABASE_URL"],
        "CHARGEBACK_SERVER__LISTEN": "127.0.0.1:0",
        "CHARGEBACK_LOG__FORMAT": "json",
        # The default chain would look for a machine's role, which takes its time where there is none.
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def start_service(running: contextlib.ExitStack, settings: dict, folder: str) -> tuple[str, pathlib.Path]:
    """The service as its image runs it. Gives its address and its log."""
    log = pathlib.Path(folder) / "chargeback.log"
    process = start(running, "chargeback", ["serve"], settings, str(log))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        serving = re.search(r'"address":"([0-9.:]+)".*"store"', log.read_text())
        if serving:
            return f"http://{serving[1]}", log
        time.sleep(0.1)
    sys.exit(f"the service did not start:\n{log.read_text()}")


def create_key(compose: str, settings: dict) -> str:
    """The key that the header of the file says how to make."""
    command = re.search(r"docker compose exec chargeback chargeback (keys create .*)", compose)[1]
    made = run("chargeback", command.split(), settings)
    return made.strip()


def ask_until_loaded(url: str, key: str, log: pathlib.Path) -> dict:
    """Costs of April, as soon as the first refresh has published it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        status, answer = get(f"{url}/v1/costs?period=2026-04&group_by=team,model", key)
        if status == 200:
            return answer
        time.sleep(0.5)
    sys.exit(f"April was never served; the last answer was {status} {answer}\n{log.read_text()[-8000:]}")


def get(url: str, key: str | None) -> tuple[int, dict]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def start(running, program, arguments, settings, log, stdout=subprocess.DEVNULL) -> subprocess.Popen:
    output = running.enter_context(open(log, "w"))
    process = subprocess.Popen(
        [BINARIES / program, *arguments], env=environment(settings), stdout=stdout, stderr=output, text=True, cwd=ROOT / "target"
    )
    running.callback(end, process)
    return process


def end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def run(program: str, arguments: list[str], settings: dict) -> str:
    command = [BINARIES / program, *arguments]
    return subprocess.run(command, env=environment(settings), stdout=subprocess.PIPE, text=True, check=True).stdout


def environment(settings: dict) -> dict:
    """Nothing of this machine's own AWS or chargeback settings reaches the processes."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CHARGEBACK_"))}
    return mine | settings


main()

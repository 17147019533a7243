"""A refresh that goes on while something else is measured."""

import threading
import time


class Refreshing:
    """Has the service read one month again and again, until the block ends. Each time a new version is published."""

    def __init__(self, service, period):
        self.service, self.period = service, period
        self.seconds, self.failure = [], None
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.go_on)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()
        if self.failure and not _[0]:
            raise SystemExit(f"the refresh failed that went on meanwhile: {self.failure}")

    def go_on(self):
        while not self.is_over.is_set() and not self.failure:
            try:
                self.seconds.append(refresh(self.service, self.period))
            except Exception as error:  # A thread has nobody else to tell.
                self.failure = error


def refresh(service, period):
    """Seconds for one month to be read again and published, as somebody sees it who waits for it."""
    begun = time.monotonic()
    asked = service.post_json("/v1/refreshes", {"periods": [period], "force": True})["data"]
    while True:
        refresh = service.get_json(asked["links"]["self"])["data"]
        if refresh["state"] == "succeeded":
            return time.monotonic() - begun
        if refresh["state"] not in ("queued", "running"):
            raise RuntimeError(f"it is {refresh['state']}: {refresh['parts']}")
        time.sleep(0.1)

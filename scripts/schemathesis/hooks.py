"""What is left out of `scripts/check-api`, and why. Everything else that schemathesis finds is a finding."""

import os

import schemathesis

# Faults that say how parameters belong together, which OpenAPI has no words for: each value is good by itself. They are
# refused all the same, because nothing that is asked is ignored.
BELONGING_TOGETHER = {
    # `period`, or `start` and `end`.
    ("/problems/conflicting-parameters", "period"),
    ("/problems/conflicting-parameters", "start"),
    ("/problems/conflicting-parameters", "end"),
    # Whole periods are compared, the largest are looked for among groups, and tables have no pages.
    ("/problems/conflicting-parameters", "compare"),
    ("/problems/conflicting-parameters", "top"),
    ("/problems/conflicting-parameters", "limit"),
    ("/problems/conflicting-parameters", "cursor"),
    # `end` is later than `start`.
    ("/problems/invalid-value", "end"),
    # Rows are ordered by what they are grouped by.
    ("/problems/invalid-value", "order_by"),
    # A cursor belongs to the question in whose answer it was.
    ("/problems/invalid-value", "cursor"),
    # CSV has no pages.
    ("/problems/invalid-value", "limit"),
    # Which exports there are is in their own answer, and not in the document.
    ("/problems/invalid-body", "export"),
    # A version that is written well may not have been published yet, and a day may be one of which nothing is known.
    ("/problems/invalid-value", "as_of"),
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Valid values that do not go together may be refused; valid values that do may not."""
    if type(failure).__name__ == "UseAfterFree" and case.path.startswith("/v1/keys/"):
        # A key that is revoked stays in the list, for those who ask later which keys there were.
        return False
    if type(failure).__name__ == "AcceptedNegativeData" and (case.query or {}).get("group_by") in ("", [""]):
        # A list of one empty text is written as a list of nothing is: `group_by=` groups by nothing.
        return False
    if type(failure).__name__ == "RejectedPositiveData" and response.status_code == 416:
        # A range may be written well and lie behind the end of a file, whose length is in its own answer.
        return False
    if type(failure).__name__ == "RejectedPositiveData" and response.status_code == 410:
        # What was about a version that is not served any more is gone, whoever asks for it.
        return False
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return True
    faults = response.json().get("errors") or [{}]
    return not all(is_about_several(fault) for fault in faults)


def is_about_several(fault):
    kind, parameter = fault.get("type"), fault.get("parameter") or ""
    # All filters together have at most so many values; what one may have is described.
    is_sum_of_filters = kind == "/problems/limit-exceeded" and parameter.startswith(("filter", "exclude"))
    return is_sum_of_filters or (kind, parameter) in BELONGING_TOGETHER


@schemathesis.hook
def filter_case(context, case):
    """The key that is asked with stays good: whatever is asked after its end is answered 401, which hides everything."""
    is_change = case.method.upper() in ("DELETE", "POST")
    own_id = os.environ["CHECK_API_KEY_ID"]
    return not (is_change and own_id in [str(value) for value in (case.path_parameters or {}).values()])

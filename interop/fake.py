"""The running agentsight-fake, seen through its control API, and what every test keeps."""

import json
import os
import unittest
import urllib.request

URL = os.environ["AGENTSIGHT_API_ENDPOINT"]
KEY = os.environ["AGENTSIGHT_API_KEY"]
READ_KEY = os.environ["FAKE_READ_KEY"]
UNKNOWN_KEY = "ags_0000000000000000000000000000000f_00000f"


def control(method, path, body=None):
    """Asks the control API, and gives the answer's JSON."""
    request = urllib.request.Request(
        f"{URL}/__testkit/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def requests():
    """The requests since the test began, oldest first."""
    return control("GET", "requests?limit=1000")["requests"]


def sent(*, method=None, path=None):
    """The bodies of the requests that match, as JSON."""
    found = [
        request
        for request in requests()
        if method in (None, request["method"]) and path in (None, request["path"])
    ]
    return [json.loads(request["body"]) for request in found]


def fault(name, **rule):
    """Lets the next request that fits the rule meet a fault."""
    control("POST", "faults", {"fault": name, **rule})


def question(text, files=()):
    return {"kind": "question", "text": text, "files": list(files)}


def answer(text, files=()):
    return {"kind": "answer", "text": text, "files": list(files)}


def action(name):
    return {"kind": "action", "text": name}


def button(label):
    return {"kind": "button", "text": label}


def attachments(*files):
    return {"kind": "attachments", "files": list(files)}


class FakeTest(unittest.TestCase):
    """A test with an empty service before it. After it, nothing is doubled or out of order, and every request was a
    documented one.

    A test names its exceptions: how many events are `duplicated` or `reordered` by a defect of the client, and what it
    sends on purpose that is `undocumented`, as (method, path, problem).
    """

    maxDiff = None

    def setUp(self):
        control("POST", "reset", {})
        self.undocumented = []
        self.duplicated = 0
        self.reordered = 0

    def tearDown(self):
        verification = control("GET", "verification")
        found = [(problem["method"], problem["path"], problem["problem"]) for problem in verification["undocumented"]]
        self.assertEqual(found, self.undocumented)
        self.assertEqual(verification["forgotten"], 0)
        overall = control("GET", "audit")["overall"]
        self.assertEqual((overall["duplicated"], overall["reordered"]), (self.duplicated, self.reordered))

    def assert_arrived(self, **conversations):
        """Each conversation has exactly these events, in this order, and no other conversation has any."""
        self.assert_arrived_in(conversations)

    def assert_arrived_in(self, conversations):
        expected = [{"conversation_id": name, "events": events} for name, events in conversations.items()]
        audit = control("POST", "audit", {"expected": expected})
        self.assertTrue(audit["exactly_once_in_order"], audit["text"])

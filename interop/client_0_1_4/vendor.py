"""The vendor's client 0.1.4, and conversations for it to read: this client reads and manages what others recorded."""

import json
import urllib.request

from agentsight.api import AgentSight

import fake


def record(path, **fields):
    """Records by the service's write routes, and gives the answer."""
    request = urllib.request.Request(
        f"{fake.URL}/api/{path}/",
        data=json.dumps(fields).encode(),
        headers={"Authorization": f"Api-Key {fake.KEY}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


class ClientTest(fake.FakeTest):
    """A client that may write and one that may only read, with what a process of their own would remember: nothing."""

    def setUp(self):
        super().setUp()
        self.client = self.build(fake.KEY)
        self.reader = self.build(fake.READ_KEY)

    def build(self, key, attempts=1):
        # One attempt unless a test is about more: one that waits for another has already failed.
        client = AgentSight(key, endpoint=fake.URL, max_retries=attempts)
        self.addCleanup(client.close)
        return client

    def conversation(self, conversation_id, **fields):
        """Records a conversation with a question and an answer, and gives their numbers."""
        number = record("conversations", conversation_id=conversation_id, **fields)["id"]
        messages = [
            record("track", conversation=number, content=f"{word} of {conversation_id}", sender=sender)["id"]
            for word, sender in [("Question", "end_user"), ("Answer", "agent")]
        ]
        return number, messages

    def assert_raises(self, error, status, call, *arguments, **named):
        """The call fails as it should; gives the error."""
        with self.assertRaises(error) as raised:
            call(*arguments, **named)
        self.assertIs(type(raised.exception), error)
        self.assertEqual(raised.exception.status_code, status)
        return raised.exception

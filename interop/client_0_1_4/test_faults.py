"""What the client makes of a bad moment: it reads again and never writes again."""

from agentsight.exceptions import NetworkError, RateLimitError, ServerError

import fake
from vendor import ClientTest


class Faults(ClientTest):
    def statuses(self):
        return [request["status"] for request in fake.requests()]

    def test_a_read_is_repeated(self):
        client = self.build(fake.KEY, attempts=2)
        for name, arguments, status in [
            ("status", {"status": 503}, 503),
            ("retry_after", {"seconds": 0}, 429),
            ("close_before_applied", {}, None),
        ]:
            fake.fault(name, path="/api/actions/", **arguments)
            with self.assertLogs("agentsight", "WARNING"):
                self.assertEqual(list(client.actions.list()), [])
            self.assertEqual(self.statuses()[-2:], [status, 200])

    def test_a_read_that_fails_every_time_is_an_error_of_its_kind(self):
        fake.fault("status", status=502, path="/api/actions/")
        self.assert_raises(ServerError, 502, self.client.actions.list().first)

    def test_a_write_is_never_repeated(self):
        client = self.build(fake.KEY, attempts=3)
        fake.fault("retry_after", seconds=7, method="POST")
        refused = self.assert_raises(RateLimitError, 429, client.actions.create, "search")
        self.assertEqual(refused.retry_after, 7.0)
        fake.fault("store_then_drop", method="POST")
        self.assertRaises(NetworkError, client.actions.create, "search")
        self.assertEqual(self.statuses(), [429, None])
        self.assertEqual([action["name"] for action in client.actions.list()], ["search"])

"""Whose key it is, and how the client sees refusals."""

from agentsight.api import AgentSight
from agentsight.exceptions import (
    AuthenticationError,
    InvalidApiKeyError,
    MethodNotAllowedError,
    NotFoundError,
    PermissionDeniedError,
    ValidationError,
)

import fake
from vendor import ClientTest


class Account(ClientTest):
    def test_me_tells_the_agent_the_role_and_the_environments(self):
        me = self.client.me()
        self.assertEqual((me["agent_id"], me["role"]), (1, "write"))
        self.assertIsInstance(me["agent_name"], str)
        self.assertEqual(me["environments"][0]["is_production"], True)
        self.assertEqual(self.reader.me()["role"], "read")

    def test_environments_are_slugs(self):
        self.assertEqual(self.client.environments(), ["production", "development"])
        self.client.environments()
        paths = [request["path"] for request in fake.requests()]
        self.assertEqual(paths, ["/api/me/"], "an identity is asked for once")

    def test_the_client_says_what_it_is(self):
        self.client.me()
        headers = dict(fake.requests()[0]["headers"])
        self.assertEqual(headers["user-agent"], "agentsight-python/0.1.4")
        self.assertEqual((headers["accept"], headers["content-type"]), ("application/json", "application/json"))

    def test_an_unknown_key_is_401(self):
        stranger = self.build(fake.UNKNOWN_KEY)
        refused = self.assert_raises(AuthenticationError, 401, stranger.me)
        self.assertEqual(refused.detail, "Invalid API key.")
        self.assert_raises(AuthenticationError, 401, stranger.conversations.list().first)

    def test_a_key_of_another_shape_is_refused_before_the_network(self):
        self.assertRaises(InvalidApiKeyError, AgentSight, "ags_123", endpoint=fake.URL)

    def test_a_read_key_reads_and_is_403_on_every_write(self):
        number, (message, _) = self.conversation("chat")
        feedback = self.client.feedbacks.create_for_agent("positive")["id"]
        action = self.client.actions.create("search")["id"]
        reader = self.reader
        self.assertEqual(reader.conversations.get("chat")["id"], number)
        self.assertEqual(reader.messages.get(message)["id"], message)
        self.assertEqual(reader.feedbacks.get(feedback)["id"], feedback)
        self.assertEqual(reader.actions.get(action)["id"], action)
        for call in [
            lambda: reader.conversations.rename("chat", "N"),
            lambda: reader.conversations.mark("chat"),
            lambda: reader.conversations.update("chat", name="N"),
            lambda: reader.conversations.update_metadata("chat", {"a": 1}),
            lambda: reader.conversations.delete("chat"),
            lambda: reader.messages.update(message, metadata={}),
            lambda: reader.feedbacks.create_for_conversation("chat", "positive"),
            lambda: reader.feedbacks.create_for_message(message, "positive"),
            lambda: reader.feedbacks.create_for_agent("positive"),
            lambda: reader.feedbacks.update(feedback, comment="N"),
            lambda: reader.feedbacks.delete(feedback),
            lambda: reader.actions.create("mail"),
            lambda: reader.actions.update(action, display_name="N"),
        ]:
            self.assert_raises(PermissionDeniedError, 403, call)

    def test_a_method_that_a_route_does_not_have_is_405(self):
        action = self.client.actions.create("search")["id"]
        path = f"/api/actions/{action}/"
        refused = self.assert_raises(MethodNotAllowedError, 405, self.client._request, "DELETE", path)
        self.assertEqual(refused.detail, 'Method "DELETE" not allowed.')
        self.undocumented = [("DELETE", path, "method")]

    def test_a_missing_slash_is_an_html_404(self):
        refused = self.assert_raises(NotFoundError, 404, self.client._request, "GET", "/api/feedbacks")
        self.assertIn("<!doctype html>", refused.detail)
        self.undocumented = [("GET", "/api/feedbacks", "route")]

    def test_an_unknown_filter_is_refused_before_the_network(self):
        for resource in [self.client.conversations, self.client.feedbacks, self.client.actions]:
            self.assert_raises(ValidationError, None, resource.list, colour="red")
        self.assertEqual(fake.requests(), [])

    def test_a_slash_at_the_end_of_the_endpoint_is_fine(self):
        with AgentSight(fake.KEY, endpoint=f"{fake.URL}/") as client:
            self.assertEqual(client.me()["agent_id"], 1)

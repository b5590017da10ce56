"""How the client sees the service's refusals."""

from agentsight.exceptions import (
    ConversationApiException,
    ForbiddenException,
    InvalidApiKeyException,
    NoApiKeyException,
    NotFoundException,
    UnauthorizedException,
)

import fake
from vendor import ClientTest


class Keys(ClientTest):
    def test_an_unknown_key_is_401(self):
        self.with_key(fake.UNKNOWN_KEY)
        for call in [
            lambda: self.api.fetch_conversations(),
            lambda: self.api.fetch_conversation("chat"),
            lambda: self.manager.rename_conversation("chat", "N"),
            lambda: self.manager.submit_feedback("chat", "neutral"),
        ]:
            with self.assertRaises(UnauthorizedException) as refused:
                call()
            self.assertEqual((refused.exception.status_code, str(refused.exception)), (401, "Invalid API key."))
        with self.assertRaises(ConversationApiException) as refused:
            self.tracker.initialize_conversation("chat")
        self.assertEqual(refused.exception.status_code, 401)
        self.assertEqual(refused.exception.response_data, {"detail": "Invalid API key."})
        self.assert_arrived()

    def test_with_an_unknown_key_every_item_fails_and_is_lost(self):
        self.with_key(fake.UNKNOWN_KEY)
        self.tracker.get_or_create_conversation("chat")
        self.tracker.track_human_message("Hello!")
        report = self.tracker.send_tracked_data()
        self.assertEqual(report["summary"]["errors"], 2)
        self.assertTrue(all("(401)" in item["error"] for item in report["items"]))
        self.assert_arrived()

    def test_a_read_key_reads_and_is_403_on_every_write(self):
        number = self.conversation("chat")
        self.with_key(fake.READ_KEY)
        self.assertEqual(self.api.fetch_conversation("chat")["id"], number)
        for call in [
            lambda: self.manager.rename_conversation("chat", "N"),
            lambda: self.manager.mark_conversation(number, True),
            lambda: self.manager.update_conversation(number, name="N"),
            lambda: self.manager.delete_conversation(number),
            lambda: self.manager.submit_feedback(number, "neutral"),
        ]:
            with self.assertRaises(ForbiddenException) as refused:
                call()
            self.assertEqual(refused.exception.status_code, 403)
        self.tracker.track_human_message("Too late")
        report = self.tracker.send_tracked_data()
        self.assertIn("(403)", report["items"][0]["error"])

    def test_a_key_of_another_shape_is_refused_before_the_network(self):
        self.assertRaises(InvalidApiKeyException, self.api.configure, api_key="ags_123")
        self.assertRaises(NoApiKeyException, self.tracker.configure, api_key=None)
        self.assertEqual(fake.requests(), [])


class Refusals(ClientTest):
    def refused(self, call):
        with self.assertRaises(ConversationApiException) as refused:
            call()
        return refused.exception

    def test_a_bad_filter_is_400_that_names_it(self):
        for filters, field in [
            ({"started_at_after": "soon"}, "started_at_after"),
            ({"environment": "staging"}, "environment"),
            ({"include_tickets": "perhaps"}, "include_tickets"),
        ]:
            refused = self.refused(lambda: self.api.fetch_conversations(**filters))
            self.assertEqual(refused.status_code, 400)
            self.assertEqual(list(refused.response_data), [field])
            self.assertIn(f"{field}: ", str(refused))

    def test_a_bad_choice_is_refused_before_the_network(self):
        self.assertRaises(ValueError, self.api.fetch_conversations, feedback_sentiment="meh")
        self.assertRaises(ValueError, self.api.fetch_conversations, feedback_source="robot")
        self.assertEqual(fake.requests(), [])

    def test_a_refused_conversation_is_400_and_its_messages_are_not_stopped(self):
        self.tracker.get_or_create_conversation("chat", environment="staging")
        self.tracker.track_human_message("Hello!")
        report = self.tracker.send_tracked_data()
        self.assertEqual((report["summary"]["errors"], report["summary"]["questions"]), (1, 1))
        self.assertIn("environment: Unknown environment: 'staging'.", report["items"][0]["error"])
        self.assertEqual(self.api.fetch_conversation("chat")["environment"], "production")
        self.assert_arrived(chat=[fake.question("Hello!")])

    def test_a_bad_address_is_400_that_names_it(self):
        refused = self.refused(lambda: self.tracker.initialize_conversation("chat", customer_ip_address="nowhere"))
        self.assertEqual((refused.status_code, list(refused.response_data)), (400, ["customer_ip_address"]))

    def test_a_method_that_a_route_does_not_have_is_405(self):
        http = self.manager._http_client
        refused = self.refused(lambda: http.patch("/api/conversations/", data={}))
        self.assertEqual(refused.status_code, 405)
        self.assertEqual(refused.response_data, {"detail": 'Method "PATCH" not allowed.'})
        self.undocumented = [("PATCH", "/api/conversations/", "method")]

    def test_a_missing_slash_is_an_html_404(self):
        with self.assertRaises(NotFoundException) as refused:
            self.api._http_client.get("/api/conversations")
        self.assertEqual(str(refused.exception), "Resource not found", "there is no JSON to take a detail from")
        self.undocumented = [("GET", "/api/conversations", "route")]

    def test_defect_2b30_a_slash_at_the_end_of_the_endpoint_is_one_too_many(self):
        self.api.configure(endpoint=f"{fake.URL}/")
        self.assertRaises(NotFoundException, self.api.fetch_conversations)
        self.undocumented = [("GET", "//api/conversations/", "route")]

"""`feedbacks`: on conversations, on the agent, and votes on messages."""

from agentsight.exceptions import NotFoundError, PermissionDeniedError, ValidationError

from fake import requests
from vendor import ClientTest, record


class Feedbacks(ClientTest):
    def setUp(self):
        super().setUp()
        self.number, (self.asked, self.answered) = self.conversation("Chat-1", environment="development")
        self.feedbacks = self.client.feedbacks

    def give(self):
        """One of each kind, in this order."""
        return [
            self.feedbacks.create_for_conversation("Chat-1", "positive", "Very HELPFUL!"),
            self.feedbacks.create_for_agent("neutral", environment="production"),
            self.feedbacks.create_for_message(self.answered, "negative", topic="style", reason="too_bold"),
        ]

    def ids(self, **filters):
        return [row["id"] for row in self.feedbacks.list(**filters)]

    def test_on_a_conversation_by_text_id_and_by_number(self):
        by_text = self.feedbacks.create_for_conversation("Chat-1", "positive", "Thanks!")
        by_number = self.feedbacks.create_for_conversation(self.number, "negative")
        for row, sentiment, comment in [(by_text, "positive", "Thanks!"), (by_number, "negative", "")]:
            self.assertEqual((row["kind"], row["sentiment"], row["comment"]), ("conversation", sentiment, comment))
            self.assertEqual((row["conversation"], row["conversation_id"]), (self.number, "Chat-1"))
            self.assertEqual((row["environment"], row["agent"], row["user"]), ("development", 1, None))
            self.assertNotIn("ticket", row)
        self.assertEqual(len({by_text["id"], by_number["id"]}), 2)
        shown = self.client.conversations.get("Chat-1")["feedbacks"]
        self.assertEqual([row["id"] for row in shown], [by_text["id"], by_number["id"]])

    def test_on_the_agent_whose_number_the_client_asks_for_once(self):
        first = self.feedbacks.create_for_agent("positive", "Good month.", environment="prod")
        second = self.feedbacks.create_for_agent("neutral")
        self.assertEqual((first["kind"], first["agent"], first["environment"]), ("agent", 1, "production"))
        self.assertEqual((second["conversation"], second["conversation_id"], second["environment"]), (None, None, None))
        self.assertEqual([r["path"] for r in requests()].count("/api/me/"), 1)

    def test_a_vote_on_a_message_is_one_and_keeps_what_a_repeat_leaves_out(self):
        first = self.feedbacks.create_for_message(self.answered, "negative", "Hm.", topic="style", reason="too_bold")
        self.assertEqual((first["kind"], first["message"]), ("message", self.answered))
        self.assertEqual((first["conversation"], first["environment"]), (self.number, "development"))
        again = self.feedbacks.create_for_message(self.answered, "positive", reason="right")
        self.assertEqual(again, {**first, "sentiment": "positive", "reason": "right"})
        statuses = [r["status"] for r in requests() if (r["method"], r["path"]) == ("POST", "/api/feedbacks/")]
        self.assertEqual(statuses, [201, 200])
        self.assertEqual(self.ids(kind="message"), [first["id"]])

    def test_the_list_is_newest_first_with_counts(self):
        given = self.give()
        self.assertEqual(list(self.feedbacks.list()), given[::-1])
        page = self.feedbacks.page()
        self.assertEqual((page.count, page.extra["counts"]), (3, {"all": 3}))
        page = self.feedbacks.page(sentiment="negative")
        self.assertEqual((page.count, page.extra["counts"]), (1, {"all": 1}))

    def test_every_filter_finds_what_it_says(self):
        on_conversation, on_agent, on_message = [row["id"] for row in self.give()]
        newest_first = [on_message, on_agent, on_conversation]
        for filters, expected in [
            ({"kind": "agent"}, [on_agent]),
            ({"agent": 1}, newest_first),
            ({"agent": 2}, []),
            ({"conversation": self.number}, [on_message, on_conversation]),
            ({"conversation_id": "Chat-1"}, [on_message, on_conversation]),
            ({"message": self.answered}, [on_message]),
            ({"message": self.asked}, []),
            ({"env": "dev"}, [on_message, on_conversation]),
            ({"environment": "production"}, [on_agent]),
            ({"sentiment": "positive"}, [on_conversation]),
            ({"topic": "style", "reason": "too_bold"}, [on_message]),
            ({"topic": "other"}, []),
            ({"category": "bug"}, []),
            ({"user": 7}, []),
            ({"has_comment": True}, [on_conversation]),
            ({"has_comment": False}, [on_message, on_agent]),
            ({"comment_contains": "helpful"}, [on_conversation]),
            ({"search": "helpful"}, [on_conversation]),
            ({"created_at_after": "2100-01-01"}, []),
            ({"created_at_before": "2100-01-01"}, newest_first),
            ({"ordering": "id"}, newest_first[::-1]),
            ({"ordering": "kind"}, [on_agent, on_conversation, on_message]),
            ({"include_tickets": False}, newest_first),
        ]:
            with self.subTest(filters):
                self.assertEqual(self.ids(**filters), expected)

    def test_filters_by_ticket_need_the_tickets(self):
        self.give()
        for filters in [{"has_ticket": True}, {"ticket_status": ["open", "done"]}]:
            refused = self.assert_raises(ValidationError, 400, self.feedbacks.list(**filters).first)
            self.assertEqual(list(refused.errors), list(filters))
            self.assertEqual(self.ids(include_tickets=True, **filters), [])
        counts = self.feedbacks.page(include_tickets=True).extra["counts"]
        self.assertEqual((counts["all"], counts["tickets"], counts["in_review"]), (0, 0, 0))

    def test_one_comes_with_its_ticket(self):
        for row in self.give():
            self.assertEqual(self.feedbacks.get(row["id"]), {**row, "ticket": None})

    def test_update_changes_what_is_given_as_far_as_the_kind_has_it(self):
        on_conversation, on_agent, on_message = self.give()
        updated = self.feedbacks.update(on_conversation["id"], sentiment="neutral", comment="Well.")
        self.assertEqual(updated, {**on_conversation, "sentiment": "neutral", "comment": "Well."})
        updated = self.feedbacks.update(on_message["id"], topic="tone")
        self.assertEqual(updated, {**on_message, "topic": "tone"})
        for row in [on_conversation, on_agent]:
            refused = self.assert_raises(ValidationError, 400, self.feedbacks.update, row["id"], reason="too_bold")
            self.assertEqual(list(refused.errors), ["reason"])

    def test_delete_is_for_good(self):
        for row in self.give():
            self.assertEqual(self.feedbacks.delete(row["id"]), {})
            self.assert_raises(NotFoundError, 404, self.feedbacks.get, row["id"])
            self.assert_raises(NotFoundError, 404, self.feedbacks.delete, row["id"])
        self.assertEqual(self.feedbacks.page().count, 0)
        self.assertIsNone(self.client.messages.get(self.answered)["feedback"])

    def test_what_the_older_client_submitted_is_among_them(self):
        older = record("conversation-feedbacks", conversation_id="Chat-1", sentiment="positive", metadata={"stars": 5})
        row = self.feedbacks.get(older["id"])
        self.assertEqual((row["kind"], row["sentiment"]), ("conversation", "positive"))
        self.assertNotIn("metadata", row)

    def test_refusals_name_the_field(self):
        for field, call in [
            ("conversation_id", lambda: self.feedbacks.create_for_conversation("nobody", "positive")),
            ("conversation", lambda: self.feedbacks.create_for_conversation(424_242, "positive")),
            ("message", lambda: self.feedbacks.create_for_message(424_242, "positive")),
            ("topic", lambda: self.feedbacks.create_for_message(self.asked, "positive", topic="two words")),
            ("reason", lambda: self.feedbacks.create_for_message(self.asked, "positive", reason="x" * 51)),
            ("environment", lambda: self.feedbacks.create_for_agent("positive", environment="staging")),
            ("agent", lambda: self.feedbacks.create_for_agent("positive", agent=2)),
            ("comment", lambda: self.feedbacks.create_for_agent("positive", "x" * 5001)),
            ("env", self.feedbacks.list(environment="staging").first),
            ("kind", self.feedbacks.list(kind="thread").first),
        ]:
            with self.subTest(field):
                refused = self.assert_raises(ValidationError, 400, call)
                self.assertEqual(list(refused.errors), [field])
        self.assertEqual(self.feedbacks.page().count, 0)

    def test_feedback_on_the_product_is_not_for_keys(self):
        self.assert_raises(PermissionDeniedError, 403, self.feedbacks.list(kind="product").first)

    def test_a_bad_sentiment_is_refused_before_the_network(self):
        before = len(requests())
        self.assert_raises(ValidationError, None, self.feedbacks.create_for_conversation, "Chat-1", "meh")
        self.assert_raises(ValidationError, None, self.feedbacks.list, sentiment="meh")
        self.assertEqual(len(requests()), before)

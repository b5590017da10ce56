"""Reads with every filter, pages, and one conversation at a time."""

from datetime import datetime, timedelta, timezone

from agentsight.exceptions import NotFoundException

from vendor import ClientTest


class Reading(ClientTest):
    def setUp(self):
        super().setUp()
        self.tracker.get_or_create_conversation(
            "shop-1",
            customer_id="customer-1",
            customer_ip_address="203.0.113.7",
            device="mobile",
            language="en",
            name="Order status",
            environment="production",
            metadata={"tier": "vip", "visits": 3, "nested": {"ok": True}},
        )
        self.tracker.track_human_message("Where is my ORDER?")
        self.tracker.track_action("order_lookup", duration_ms=5)
        self.tracker.track_agent_message("On its way.")
        self.send(questions=1, answers=1, actions=1)
        self.tracker.get_or_create_conversation(
            "shop-2", customer_id="customer-2", device="desktop", language="de", name="Refund", metadata={"tier": "basic"}
        )
        self.tracker.track_human_message("I want my money back.")
        self.send(questions=1)
        self.tracker.get_or_create_conversation("empty")
        self.send()
        self.manager.mark_conversation("shop-2", True)
        self.manager.submit_feedback("shop-1", "positive", comment="Quick!")
        self.manager.submit_feedback("shop-2", "negative")

    def ids(self, **filters):
        return [row["conversation_id"] for row in self.api.fetch_conversations(**filters)["results"]]

    def test_every_filter_finds_what_it_says(self):
        everything = ["empty", "shop-2", "shop-1"]
        for filters, expected in [
            ({}, everything),
            ({"conversation_id": "shop-1"}, ["shop-1"]),
            ({"conversation_id": "shop"}, []),
            ({"customer_id": "customer-2"}, ["shop-2"]),
            ({"customer_id__icontains": "CUSTOMER"}, ["shop-2", "shop-1"]),
            ({"customer_ip_address": "203.0.113.7"}, ["shop-1"]),
            ({"device": "mobile"}, ["shop-1"]),
            ({"language": "de"}, ["shop-2"]),
            ({"name": "REF"}, ["shop-2"]),
            ({"action_name": "LOOKUP"}, ["shop-1"]),
            ({"message_contains": "order"}, ["shop-1"]),
            ({"has_messages": True}, ["shop-2", "shop-1"]),
            ({"has_messages": False}, ["empty"]),
            ({"is_marked": True}, ["shop-2"]),
            ({"is_marked": False}, ["empty", "shop-1"]),
            ({"has_feedback": True}, ["shop-2", "shop-1"]),
            ({"has_feedback": False}, ["empty"]),
            ({"feedback_sentiment": "positive"}, ["shop-1"]),
            ({"feedback_sentiment": "neutral"}, []),
            ({"feedback_source": "customer"}, everything),
            ({"metadata": "tier:vip"}, ["shop-1"]),
            ({"metadata": "tier:vip,visits:3,nested.ok:true"}, ["shop-1"]),
            ({"metadata": "visits:4"}, []),
            ({"environment": "prod"}, ["shop-1"]),
            ({"env": "development"}, ["empty", "shop-2"]),
            ({"search": "customer-1"}, ["shop-1"]),
            ({"ordering": "started_at"}, ["shop-1", "shop-2", "empty"]),
            ({"device": "mobile", "language": "de"}, []),
        ]:
            with self.subTest(filters):
                self.assertEqual(self.ids(**filters), expected)

    def test_times_are_inclusive_bounds_as_text_and_as_objects(self):
        started = self.api.fetch_conversation("shop-2")["started_at"]
        self.assertEqual(self.ids(started_at_after=started), ["empty", "shop-2"])
        self.assertEqual(self.ids(started_at_before=started), ["shop-2", "shop-1"])
        time = datetime.fromisoformat(started.replace("Z", "+00:00"))
        self.assertEqual(self.ids(started_at_after=time, started_at_before=time), ["shop-2"])
        elsewhere = (time + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=5, minutes=30)))
        self.assertEqual(self.ids(started_at_after=elsewhere), ["empty"])

    def test_deleted_conversations_are_hidden_unless_asked_for(self):
        self.manager.delete_conversation("shop-1")
        self.assertEqual(self.ids(), ["empty", "shop-2"])
        self.assertEqual(self.ids(include_deleted=True), ["empty", "shop-2", "shop-1"])
        self.assertEqual(self.ids(include_deleted=False), ["empty", "shop-2"])

    def test_pages_have_the_documented_envelope(self):
        first = self.api.fetch_conversations(page=1, page_size=2)
        self.assertEqual([row["conversation_id"] for row in first["results"]], ["empty", "shop-2"])
        self.assertEqual((first["count"], first["previous"], first["page_size"]), (3, None, 2))
        self.assertEqual((first["total_pages"], first["current_page"]), (2, 1))
        self.assertIn("page=2", first["next"])
        second = self.api.fetch_conversations(page=2, page_size=2)
        self.assertEqual([row["conversation_id"] for row in second["results"]], ["shop-1"])
        self.assertIsNone(second["next"])
        with self.assertRaises(NotFoundException) as refused:
            self.api.fetch_conversations(page=3, page_size=2)
        self.assertEqual((refused.exception.status_code, str(refused.exception)), (404, "Invalid page."))

    def test_rows_of_a_list_carry_their_transcripts(self):
        (row,) = self.api.fetch_conversations(conversation_id="shop-1")["results"]
        self.assertEqual([m["content"] for m in row["messages"]],
                         ["Where is my ORDER?", "Action order_lookup performed", "On its way."])
        self.assertEqual((row["feedbacks"][0]["sentiment"], row["feedbacks"][0]["source"]), ("positive", "customer"))

    def test_one_conversation_by_text_id_and_by_number(self):
        by_text = self.api.fetch_conversation("shop-1")
        by_number = self.api.fetch_conversation(by_text["id"])
        self.assertEqual({key: by_number[key] for key in by_text}, by_text)
        self.assertEqual((by_number["tickets"], by_number["token_usage"]), ([], None))

    def test_what_is_not_there_is_not_found(self):
        for unknown in ["nobody", 424_242]:
            for read in (self.api.fetch_conversation, self.api.fetch_conversation_attachments):
                with self.assertRaises(NotFoundException) as refused:
                    read(unknown)
                self.assertEqual(refused.exception.status_code, 404)

    def test_a_deleted_conversation_is_found_by_number_only(self):
        number = self.api.fetch_conversation("shop-1")["id"]
        self.manager.delete_conversation(number)
        self.assertIs(self.api.fetch_conversation(number)["is_deleted"], True)
        self.assertRaises(NotFoundException, self.api.fetch_conversation, "shop-1")

    def test_defect_2b29_an_empty_text_id_finds_somebodys_conversation(self):
        self.assertEqual(self.api.fetch_conversation("")["conversation_id"], "empty")

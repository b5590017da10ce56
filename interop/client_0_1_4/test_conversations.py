"""`conversations`: lists with every filter, one at a time, management and metadata."""

import base64
import urllib.request
from datetime import datetime, timezone

from agentsight.exceptions import NotFoundError, ValidationError

from fake import answer, question, requests
from vendor import ClientTest, record


class Lists(ClientTest):
    def setUp(self):
        super().setUp()
        for day, fields in enumerate(
            [
                {
                    "conversation_id": "shop-1",
                    "customer_id": "Customer-1",
                    "customer_ip_address": "203.0.113.7",
                    "device": "mobile",
                    "language": "en",
                    "name": "Order status",
                    "environment": "production",
                    "metadata": {"tier": "vip", "visits": 3, "url": "a:b,c"},
                },
                {"conversation_id": "shop-2", "customer_id": "Customer-2", "language": "de", "environment": "development"},
                {"conversation_id": "empty", "environment": "development"},
            ],
            start=1,
        ):
            record("conversations", timestamp=f"2026-01-0{day}T00:00:00+00:00", **fields)
        record("track", conversation_id="shop-1", content="Where is my ORDER?", sender="end_user")
        record("action_logs", conversation_id="shop-1", action_name="order_lookup")
        record("track", conversation_id="shop-2", content="Money back!", sender="end_user")
        record("conversation-feedbacks", conversation_id="shop-2", sentiment="negative")
        self.client.conversations.mark("shop-2")

    def ids(self, **filters):
        return [row["conversation_id"] for row in self.client.conversations.list(**filters)]

    def test_every_filter_finds_what_it_says(self):
        everything = ["empty", "shop-2", "shop-1"]
        for filters, expected in [
            ({}, everything),
            ({"conversation_id": "shop-1"}, ["shop-1"]),
            ({"customer_id": "Customer-1"}, ["shop-1"]),
            ({"customer_id__icontains": "customer"}, ["shop-2", "shop-1"]),
            ({"customer_ip_address": "203.0.113.7"}, ["shop-1"]),
            ({"device": "mobile"}, ["shop-1"]),
            ({"language": "de"}, ["shop-2"]),
            ({"name": "STATUS"}, ["shop-1"]),
            ({"env": "prod"}, ["shop-1"]),
            ({"environment": "development"}, ["empty", "shop-2"]),
            ({"is_marked": True}, ["shop-2"]),
            ({"has_messages": False}, ["empty"]),
            ({"has_feedback": True}, ["shop-2"]),
            ({"has_action": True}, ["shop-1"]),
            ({"has_action": False}, ["empty", "shop-2"]),
            ({"action_name": "LOOKUP"}, ["shop-1"]),
            ({"message_contains": "order?"}, ["shop-1"]),
            ({"feedback_sentiment": "negative"}, ["shop-2"]),
            ({"metadata": "tier:vip,visits:3"}, ["shop-1"]),
            ({"metadata_key": "url", "metadata_value": "a:b,c"}, ["shop-1"]),
            ({"metadata_key": "url"}, everything),
            ({"search": "money"}, ["shop-2"]),
            ({"ordering": "started_at"}, ["shop-1", "shop-2", "empty"]),
            ({"ordering": "-customer_id"}, ["empty", "shop-2", "shop-1"]),
            ({"started_at_after": datetime(2026, 1, 2, tzinfo=timezone.utc)}, ["empty", "shop-2"]),
            ({"started_at_before": "2026-01-02"}, ["shop-2", "shop-1"]),
            ({"include_tickets": True}, []),
        ]:
            with self.subTest(filters):
                self.assertEqual(self.ids(**filters), expected)

    def test_a_list_is_lean_and_a_full_list_carries_transcripts(self):
        lean = self.client.conversations.list(conversation_id="shop-1").first()
        self.assertEqual((lean["message_count"], lean["feedback_count"]), (2, 0))
        self.assertNotIn("messages", lean)
        full = self.client.conversations.list_full(conversation_id="shop-1").first()
        self.assertEqual(
            [message["content"] for message in full["messages"]],
            ["Where is my ORDER?", "Action order_lookup performed"],
        )
        self.assertEqual({**lean, **full}, full, "what a lean row has, a full one has too")

    def test_with_tickets_the_list_narrows_to_conversations_that_have_one(self):
        self.assertEqual(self.client.conversations.list(include_tickets=True).count(), 0)
        without = self.client.conversations.list(include_tickets=False).first()
        self.assertNotIn("tickets", without)

    def test_a_long_list_is_walked_page_by_page(self):
        names = [f"many-{number}" for number in range(205)]
        for name in names:
            record("conversations", conversation_id=name, timestamp="2026-02-01T00:00:00+00:00")
        listed = self.client.conversations.list(ordering="id", search="many-")
        self.assertEqual(listed.count(), 205)
        self.assertEqual([row["conversation_id"] for row in listed], names)
        pages = [dict(request["query"]).get("page") for request in requests()]
        self.assertEqual(pages[-3:], ["1", "2", "3"])
        page = listed.page(3)
        self.assertEqual((len(page), page.current_page, page.total_pages, page.page_size), (5, 3, 3, 100))
        self.assert_raises(NotFoundError, 404, listed.page, 4)

    def test_a_bad_filter_is_400_that_names_it(self):
        for filters, field in [
            ({"started_at_after": "soon"}, "started_at_after"),
            ({"environment": "staging"}, "env"),
            ({"include_tickets": "perhaps"}, "include_tickets"),
        ]:
            refused = self.assert_raises(ValidationError, 400, self.client.conversations.list(**filters).first)
            self.assertEqual(list(refused.errors), [field])


class One(ClientTest):
    def setUp(self):
        super().setUp()
        self.number, self.messages = self.conversation("chat", name="N", metadata={"a": 1, "b": {"c": [1]}})

    def test_get_by_text_id_and_by_number(self):
        one = self.client.conversations.get("chat")
        self.assertEqual(one, self.client.conversations.get(self.number))
        self.assertEqual((one["id"], one["conversation_id"], one["environment"]), (self.number, "chat", "production"))
        self.assertEqual([message["id"] for message in one["messages"]], self.messages)
        self.assertEqual((one["tickets"], one["token_usage"], one["feedbacks"]), ([], None, []))
        self.assert_arrived(chat=[question("Question of chat"), answer("Answer of chat")])

    def test_a_text_id_is_resolved_once(self):
        self.assertEqual(self.client.conversations.resolve("chat"), self.number)
        self.assertEqual(self.client.conversations.resolve(" chat "), self.number)
        lookups = [r for r in requests() if r["method"] == "GET"]
        self.assertEqual(len(lookups), 1)
        self.assertEqual(dict(lookups[0]["query"])["include_deleted"], "true")

    def test_what_is_not_there_is_not_found(self):
        self.assert_raises(NotFoundError, 404, self.client.conversations.get, "nobody")
        self.assert_raises(NotFoundError, 404, self.client.conversations.get, 424_242)
        self.assert_raises(NotFoundError, 404, self.client.conversations.attachments, 424_242)

    def test_attachments_come_with_signed_addresses(self):
        files = [{"filename": "note.txt", "mime_type": "text/plain", "data": base64.b64encode(b"Hello!").decode()}]
        message = self.messages[0]
        record("attachments", conversation=self.number, message=message, attachments=files,
               timestamp="2026-01-01T00:00:00Z", mode="base64", sender="end_user")
        found = self.client.conversations.attachments("chat")
        self.assertEqual((found["conversation"], found["attachment_count"]), (self.number, 1))
        (file,) = found["attachments"]
        self.assertEqual((file["message"], file["type"], file["size_bytes"]), (message, "text", 6))
        with urllib.request.urlopen(file["file_url"], timeout=10) as response:
            self.assertEqual(response.read(), b"Hello!")

    def test_rename(self):
        renamed = self.client.conversations.rename("chat", " Solved ")
        self.assertEqual(renamed, {"id": self.number, "conversation_id": "chat", "name": "Solved"})
        self.assertEqual(self.client.conversations.get("chat")["name"], "Solved")
        for name in ["  ", "x" * 256]:
            self.assert_raises(ValidationError, None, self.client.conversations.rename, "chat", name)

    def test_mark(self):
        for is_marked in [True, False]:
            marked = self.client.conversations.mark(self.number, is_marked)
            self.assertEqual(marked, {"id": self.number, "conversation_id": "chat", "is_marked": is_marked})
            self.assertIs(self.client.conversations.get("chat")["is_marked"], is_marked)

    def test_update_changes_what_is_given_and_replaces_metadata(self):
        fields = {
            "name": "M", "is_marked": True, "customer_id": "c", "device": "tablet", "language": "fr", "metadata": {"n": 1}
        }
        updated = self.client.conversations.update("chat", **fields)
        self.assertEqual(sorted(updated.pop("updated_fields")), sorted(fields))
        self.assertEqual(updated, {"id": self.number, "conversation_id": "chat", **fields})
        one = self.client.conversations.get("chat")
        self.assertEqual({field: one[field] for field in fields}, fields)
        refused = self.assert_raises(ValidationError, 400, self.client.conversations.update, "chat", device="x" * 256)
        self.assertEqual(list(refused.errors), ["device"])

    def test_update_metadata_keeps_the_other_keys(self):
        self.client.conversations.update_metadata("chat", {"n": None, "f": False, "z": 0}, remove=["a", "missing"])
        expected = {"b": {"c": [1]}, "n": None, "f": False, "z": 0}
        self.assertEqual(self.client.conversations.get("chat")["metadata"], expected)

    def test_delete_is_soft(self):
        deleted = self.client.conversations.delete("chat")
        self.assertEqual((deleted["id"], deleted["conversation_id"], deleted["is_deleted"]), (self.number, "chat", True))
        self.assertEqual(list(self.client.conversations.list()), [])
        self.assertEqual(self.client.conversations.list(include_deleted=True).count(), 1)
        one = self.client.conversations.get("chat")
        self.assertEqual((one["is_deleted"], one["deleted_at"]), (True, deleted["deleted_at"]))
        self.assert_raises(NotFoundError, 404, self.client.conversations.delete, "chat")


class MetadataInUse(ClientTest):
    def setUp(self):
        super().setUp()
        for name, metadata in [("a", {"tier": "vip", "deep": {"n": 1}}), ("b", {"tier": "basic"}), ("c", {"tier": "vip"})]:
            record("conversations", conversation_id=name, metadata=metadata)
        record("track", conversation_id="a", content="Hi!", sender="agent", metadata={"model": {"name": "gpt-4"}})
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "embedding_tokens": 0}
        record("action_logs", conversation_id="a", action_name="token_usage", metadata=usage)

    def test_keys_are_dotted_paths(self):
        self.assertEqual(self.client.conversations.metadata_keys(), {"keys": ["deep.n", "tier"]})

    def test_values_are_each_named_once(self):
        found = self.client.conversations.metadata_values("tier")
        self.assertEqual(found, {"key": "tier", "values": ["basic", "vip"]})
        self.assertEqual(self.client.conversations.metadata_values("deep.n")["values"], [1])

    def test_keys_of_messages_hold_those_of_token_usage(self):
        expected = ["completion_tokens", "embedding_tokens", "model.name", "prompt_tokens", "total_tokens"]
        self.assertEqual(self.client.conversations.message_metadata_keys(), {"keys": expected})

"""`messages`: one message at a time."""

from agentsight.exceptions import NotFoundError, ValidationError

from vendor import ClientTest


class Messages(ClientTest):
    def setUp(self):
        super().setUp()
        self.number, (self.asked, self.answered) = self.conversation("chat")

    def test_a_message_comes_with_what_hangs_on_it(self):
        message = self.client.messages.get(self.answered)
        self.assertEqual((message["id"], message["conversation"]), (self.answered, self.number))
        self.assertEqual((message["sender"], message["content"]), ("agent", "Answer of chat"))
        self.assertEqual((message["attachments"], message["action_logs"]), ([], []))
        self.assertEqual((message["button"], message["feedback"], message["metadata"]), (None, None, None))
        vote = self.client.feedbacks.create_for_message(self.answered, "positive", topic="style")
        self.assertEqual(self.client.messages.get(self.answered)["feedback"], vote)

    def test_update_replaces_the_metadata_and_nothing_else(self):
        for metadata in [{"score": 0.5, "nested": {"a": [1, None]}}, {}]:
            updated = self.client.messages.update(self.asked, metadata=metadata)
            self.assertEqual((updated["metadata"], updated["content"]), (metadata, "Question of chat"))
            self.assertEqual(self.client.messages.get(self.asked), updated)

    def test_update_metadata_keeps_the_other_keys(self):
        self.client.messages.update(self.asked, metadata={"a": 1, "b": 2})
        updated = self.client.messages.update_metadata(self.asked, {"c": None}, remove=["a"])
        self.assertEqual(updated["metadata"], {"b": 2, "c": None})

    def test_what_is_not_there_is_not_found(self):
        self.assert_raises(NotFoundError, 404, self.client.messages.get, 424_242)
        self.assert_raises(NotFoundError, 404, self.client.messages.update, 424_242, metadata={})

    def test_messages_have_no_text_id(self):
        self.assert_raises(ValidationError, None, self.client.messages.get, "chat")

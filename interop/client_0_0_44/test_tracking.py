"""Every tracking call, and what the service holds afterwards."""

from agentsight.exceptions import (
    InvalidAnswerDataException,
    InvalidConversationDataException,
    InvalidQuestionDataException,
    MissingConversationIdException,
    NoDataToSendException,
)

from fake import URL, action, answer, button, question, requests, sent
from vendor import ClientTest


class Tracking(ClientTest):
    def test_a_dialogue_arrives_once_and_in_order(self):
        self.tracker.get_or_create_conversation("chat", name="Password reset", device="mobile", language="en")
        self.tracker.track_human_message("How do I reset my password?", metadata={"channel": "web"})
        self.tracker.track_action(
            "database_lookup",
            started_at="2026-01-01T00:00:00Z",
            ended_at="2026-01-01T00:00:01Z",
            duration_ms=150,
            tools_used={"database": "PostgreSQL"},
            response="User found",
            metadata={"attempt": 1},
        )
        self.tracker.track_button("click", "Forgot password", "forgot", metadata={"page": "login"})
        self.tracker.track_agent_message("Click 'Forgot password'.", metadata={"model": "gpt-4"})
        summary = self.tracker.get_tracked_data_summary()["summary"]
        self.assertEqual((summary["total"], summary["questions"], summary["buttons"]), (5, 1, 1))

        record, asked, performed, clicked, answered = self.send(questions=1, answers=1, actions=1, buttons=1)
        self.assertEqual((record["conversation_id"], record["name"]), ("chat", "Password reset"))
        self.assertEqual((record["device"], record["language"], record["is_used"]), ("mobile", "en", True))

        messages = self.api.fetch_conversation(record["id"])["messages"]
        self.assertEqual(
            [message["id"] for message in messages],
            [asked["id"], performed["message"], clicked["message"], answered["id"]],
        )
        self.assertEqual([message["sender"] for message in messages], ["end_user", "agent", "end_user", "agent"])
        self.assertEqual(messages[0]["metadata"], {"channel": "web"})
        self.assertEqual(messages[3]["metadata"], {"model": "gpt-4"})
        (log,) = messages[1]["action_logs"]
        self.assertEqual((log["duration_ms"], log["response"], log["error_message"]), (150, "User found", ""))
        self.assertEqual((log["tools_used"], log["metadata"]), ({"database": "PostgreSQL"}, {"attempt": 1}))
        self.assertEqual((log["started_at"], log["ended_at"]), ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"))
        self.assertEqual((messages[2]["button"]["label"], messages[2]["button"]["value"]), ("Forgot password", "forgot"))
        self.assert_arrived(
            chat=[
                question("How do I reset my password?"),
                action("database_lookup"),
                button("Forgot password"),
                answer("Click 'Forgot password'."),
            ]
        )

    def test_stamps_are_kept_to_the_microsecond(self):
        self.tracker.get_or_create_conversation("chat")
        self.tracker.track_human_message("Hello!")
        report = self.tracker.send_tracked_data()
        stamps = [item["timestamp"].replace("+00:00", "Z") for item in report["items"]]
        row = self.api.fetch_conversation("chat")
        self.assertEqual([row["started_at"], row["messages"][0]["timestamp"]], stamps)

    def test_a_conversation_is_in_development_unless_it_says_otherwise(self):
        for name, settings, environment in [
            ("default", {}, "development"),
            ("explicit", {"environment": "production"}, "production"),
        ]:
            self.conversation(name, **settings)
            self.assertEqual(self.api.fetch_conversation(name)["environment"], environment)

    def test_defect_2b15_the_configured_environment_beats_the_argument(self):
        self.tracker.configure(environment="production")
        self.conversation("chat", environment="development")
        self.assertEqual(self.api.fetch_conversation("chat")["environment"], "production")

    def test_every_field_of_a_conversation_is_kept(self):
        fields = {
            "customer_id": "customer-1",
            "customer_ip_address": "203.0.113.7",
            "device": "desktop",
            "language": "de",
            "name": "Rückfrage",
            "metadata": {"tier": "premium", "nested": {"n": 1}},
        }
        self.conversation("chat", source="web", **fields)
        row = self.api.fetch_conversation("chat")
        self.assertEqual({field: row[field] for field in fields}, fields)
        self.assertNotIn("source", row)

    def test_an_initialized_conversation_is_used_once_it_is_registered(self):
        self.tracker.initialize_conversation("chat", name="Before")
        self.assertIs(self.api.fetch_conversation("chat")["is_used"], False)
        self.conversation("chat", name="After")
        row = self.api.fetch_conversation("chat")
        self.assertEqual((row["is_used"], row["name"]), (True, "Before"))
        self.assert_arrived(chat=[question("Question of chat"), answer("Answer of chat")])

    def test_registered_again_a_conversation_is_the_same_one(self):
        number = self.conversation("chat", name="First", customer_id="one")
        self.assertEqual(self.conversation("chat", name="Second", customer_id="two"), number)
        row = self.api.fetch_conversation(number)
        self.assertEqual((row["name"], row["customer_id"], len(row["messages"])), ("First", "one", 4))

    def test_conversations_one_after_another_do_not_mix(self):
        for name in ["first", "second", "third"]:
            self.conversation(name)
        self.assert_arrived(
            **{
                name: [question(f"Question of {name}"), answer(f"Answer of {name}")]
                for name in ["first", "second", "third"]
            }
        )

    def test_the_error_of_an_action_is_read_back(self):
        self.tracker.get_or_create_conversation("chat")
        self.tracker.track_action("search", error_msg="timed out")
        self.send(actions=1)
        (log,) = self.api.fetch_conversation("chat")["messages"][0]["action_logs"]
        self.assertEqual((log["error_message"], log["duration_ms"]), ("timed out", None))

    def test_text_of_every_script_comes_back_as_it_was(self):
        texts = ["Grüße, Zoë", "مرحبا بالعالم", "日本語 🙂", 'quotes " and \\ backslashes', "lines\nand\ttabs"]
        self.tracker.get_or_create_conversation("chat ünïcode/?&=")
        for text in texts:
            self.tracker.track_human_message(text)
        self.send(questions=len(texts))
        row = self.api.fetch_conversation("chat ünïcode/?&=")
        self.assertEqual([message["content"] for message in row["messages"]], texts)

    def test_defect_2b4_a_later_send_names_the_conversation_by_its_text_id_only(self):
        number = self.conversation("chat")
        self.tracker.track_human_message("And now?")
        self.send(questions=1)
        bodies = sent(path="/api/track/")
        self.assertEqual([body["conversation"] for body in bodies], [number, number, None])
        self.assert_arrived(chat=[question("Question of chat"), answer("Answer of chat"), question("And now?")])

    def test_nothing_tracked_is_nothing_sent(self):
        self.tracker.configure(conversation_id="chat")
        with self.assertRaises(NoDataToSendException):
            self.tracker.send_tracked_data()
        self.assert_arrived()

    def test_bad_input_is_refused_before_the_network(self):
        self.tracker.get_or_create_conversation("chat")
        for refusal, call in [
            (InvalidQuestionDataException, lambda: self.tracker.track_human_message("  ")),
            (InvalidAnswerDataException, lambda: self.tracker.track_agent_message("")),
            (InvalidConversationDataException, lambda: self.tracker.track_action(" ")),
            (InvalidConversationDataException, lambda: self.tracker.track_button("", "label", "value")),
            (InvalidConversationDataException, lambda: self.tracker.track_button("event", "", "value")),
            (InvalidConversationDataException, lambda: self.tracker.track_button("event", "label", "")),
            (MissingConversationIdException, lambda: self.tracker.initialize_conversation(" ")),
        ]:
            self.assertRaises(refusal, call)
        self.assert_arrived()


class TokenUsage(ClientTest):
    USAGE = {"prompt_tokens": 110, "completion_tokens": 55, "total_tokens": 165, "embedding_tokens": 7}

    def track(self):
        self.tracker.get_or_create_conversation("chat")
        self.tracker.track_human_message("Hello!")
        self.assertEqual(self.tracker.get_token_usage(), {})
        self.tracker.track_token_usage(prompt_tokens=100, completion_tokens=50, total_tokens=150)
        self.tracker.track_token_usage(prompt_tokens=10, completion_tokens=5, total_tokens=15, embedding_tokens=7)
        self.assertEqual(self.tracker.get_token_usage(), self.USAGE)
        self.tracker.track_agent_message("Hi!")
        self.send(questions=1, answers=1, actions=1)
        self.reordered = 1  # test_defect_2b10 says why

    def test_the_counters_are_an_action_before_the_last_item(self):
        self.track()
        self.assert_arrived(chat=[question("Hello!"), action("token_usage"), answer("Hi!")])
        (usage,) = sent(path="/api/action_logs/")
        self.assertEqual(usage["metadata"], self.USAGE)
        messages = self.api.fetch_conversation("chat")["messages"]
        self.assertEqual([m["metadata"] for m in messages if m["action_name"] == "token_usage"], [self.USAGE])

    def test_defect_2b10_the_counters_are_stamped_later_than_the_item_that_follows(self):
        self.track()
        contents = [message["content"] for message in self.api.fetch_conversation("chat")["messages"]]
        self.assertEqual(contents, ["Hello!", "Hi!", "Action token_usage performed"])

    def test_defect_2b8_the_counters_are_never_reset(self):
        self.track()
        self.tracker.track_human_message("Again!")
        self.send(questions=1, actions=1)
        usage = [body["metadata"] for body in sent(path="/api/action_logs/")]
        self.assertEqual(usage, [self.USAGE, self.USAGE])


class Requests(ClientTest):
    def test_what_the_client_says_of_itself(self):
        self.conversation("chat")
        headers = dict(requests()[0]["headers"])
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["accept"], "*/*")
        self.assertTrue(headers["user-agent"].startswith("python-requests/"))
        self.assertEqual(headers["host"], URL.removeprefix("http://"))

"""What the client makes of a bad moment. The fake says what became of it."""

from agentsight.exceptions import NoDataToSendException

import fake
from fake import answer, question
from vendor import ClientTest


class Faults(ClientTest):
    def setUp(self):
        super().setUp()
        self.tracker.get_or_create_conversation("chat")
        self.tracker.track_human_message("Hello!")
        self.tracker.track_agent_message("Hi!")

    def test_defect_2b5_a_lost_answer_doubles_what_it_acknowledged(self):
        fake.fault("store_then_drop", method="POST", path="/api/track/")
        self.send(questions=1, answers=1)
        self.duplicated = 1
        contents = [message["content"] for message in self.api.fetch_conversation("chat")["messages"]]
        self.assertEqual(contents, ["Hello!", "Hello!", "Hi!"])

    def test_defect_2b1_what_the_service_cannot_take_at_once_is_lost(self):
        fake.fault("status", status=503, method="POST", path="/api/track/")
        report = self.tracker.send_tracked_data()
        self.assertEqual((report["summary"]["errors"], report["summary"]["answers"]), (1, 1))
        self.assertIn("(503)", report["items"][1]["error"])
        self.assertRaises(NoDataToSendException, self.tracker.send_tracked_data)
        self.assert_arrived(chat=[answer("Hi!")])

    def test_a_request_that_was_not_seen_is_sent_again(self):
        fake.fault("close_before_applied", method="POST", path="/api/track/")
        self.send(questions=1, answers=1)
        self.assert_arrived(chat=[question("Hello!"), answer("Hi!")])

"""The vendor's client 0.0.44 as a fresh process would have it."""

from agentsight import AgentSightAPI, ConversationManager, ConversationTracker

import fake

SUMMARY = {"questions": 0, "answers": 0, "attachments": 0, "actions": 0, "buttons": 0, "errors": 0}


def singleton(role, **settings):
    """Builds a role anew: a singleton remembers its conversation, its counters and its key for the whole process."""
    role._instance = None
    return role(**settings)


class ClientTest(fake.FakeTest):
    """The three roles of the client, each new for each test."""

    def setUp(self):
        super().setUp()
        self.tracker = singleton(ConversationTracker)
        self.api = singleton(AgentSightAPI)
        self.manager = singleton(ConversationManager)

    def with_key(self, key):
        for role in (self.tracker, self.api, self.manager):
            role.configure(api_key=key)

    def send(self, **summary):
        """Sends, and gives the answers to the items; the summary is as given, and otherwise zero."""
        report = self.tracker.send_tracked_data()
        self.assertEqual(report["summary"], {**SUMMARY, **summary})
        self.assertEqual([item["index"] for item in report["items"]], list(range(len(report["items"]))))
        self.assertEqual([item["success"] for item in report["items"]].count(False), summary.get("errors", 0))
        return [item.get("response") for item in report["items"]]

    def conversation(self, conversation_id, **fields):
        """Tracks and sends a conversation with a question and an answer, and gives its number."""
        self.tracker.get_or_create_conversation(conversation_id, **fields)
        self.tracker.track_human_message(f"Question of {conversation_id}")
        self.tracker.track_agent_message(f"Answer of {conversation_id}")
        return self.send(questions=1, answers=1)[0]["id"]

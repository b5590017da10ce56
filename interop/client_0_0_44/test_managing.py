"""Every management call, by text id and by number."""

from agentsight.exceptions import InvalidConversationDataException, NotFoundException

from fake import requests
from vendor import ClientTest


class Managing(ClientTest):
    def setUp(self):
        super().setUp()
        self.number = self.conversation("chat", metadata={"old": 1})
        self.references = ["chat", self.number]

    def row(self):
        return self.api.fetch_conversation(self.number)

    def test_rename(self):
        for reference in self.references:
            renamed = self.manager.rename_conversation(reference, f"  Name of {reference} ")
            expected = {"id": self.number, "conversation_id": "chat", "name": f"Name of {reference}"}
            self.assertEqual(renamed, expected)
            self.assertEqual(self.row()["name"], f"Name of {reference}")

    def test_mark(self):
        for reference in self.references:
            for is_marked in [True, False]:
                marked = self.manager.mark_conversation(reference, is_marked)
                self.assertEqual(marked, {"id": self.number, "conversation_id": "chat", "is_marked": is_marked})
                self.assertIs(self.row()["is_marked"], is_marked)

    def test_update_changes_what_is_given_and_replaces_metadata(self):
        fields = {
            "name": "N",
            "is_marked": True,
            "customer_id": "c",
            "device": "tablet",
            "language": "fr",
            "metadata": {"new": {"deep": [1, None]}},
        }
        updated = self.manager.update_conversation("chat", **fields)
        self.assertEqual(sorted(updated.pop("updated_fields")), sorted(fields))
        self.assertEqual(updated, {"id": self.number, "conversation_id": "chat", **fields})
        row = self.row()
        self.assertEqual({field: row[field] for field in fields}, fields)
        one = self.manager.update_conversation(self.number, language="de")
        self.assertEqual((one["language"], one["updated_fields"]), ("de", ["language"]))
        self.assertEqual(self.row()["name"], "N")

    def test_delete_is_soft_and_a_second_one_is_not_found(self):
        deleted = self.manager.delete_conversation("chat")
        self.assertEqual((deleted["id"], deleted["is_deleted"]), (self.number, True))
        self.assertEqual(self.row()["deleted_at"], deleted["deleted_at"])
        for reference in self.references:
            with self.assertRaises(NotFoundException) as refused:
                self.manager.delete_conversation(reference)
            self.assertEqual(refused.exception.status_code, 404)

    def test_feedback_is_in_the_conversation_and_never_merged(self):
        first = self.manager.submit_feedback("chat", "positive", comment="Très bien", metadata={"stars": 5})
        second = self.manager.submit_feedback(self.number, "positive")
        self.assertEqual((first["conversation"], first["sentiment"], first["source"]), (self.number, "positive", "customer"))
        self.assertEqual((first["comment"], first["metadata"]), ("Très bien", {"stars": 5}))
        self.assertEqual((second["comment"], second["kind"]), ("", "conversation"))
        self.assertEqual([feedback["id"] for feedback in self.row()["feedbacks"]], [first["id"], second["id"]])

    def test_what_is_not_there_is_not_found(self):
        for unknown in ["nobody", 424_242]:
            for call in [
                lambda: self.manager.rename_conversation(unknown, "N"),
                lambda: self.manager.mark_conversation(unknown, True),
                lambda: self.manager.update_conversation(unknown, name="N"),
                lambda: self.manager.delete_conversation(unknown),
                lambda: self.manager.submit_feedback(unknown, "neutral"),
            ]:
                with self.assertRaises(NotFoundException) as refused:
                    call()
                self.assertEqual(refused.exception.status_code, 404)

    def test_bad_input_is_refused_before_the_network(self):
        before = len(requests())
        for refusal, call in [
            (InvalidConversationDataException, lambda: self.manager.rename_conversation("chat", "  ")),
            (InvalidConversationDataException, lambda: self.manager.rename_conversation("chat", "x" * 256)),
            (InvalidConversationDataException, lambda: self.manager.submit_feedback("chat", "meh")),
            (InvalidConversationDataException, lambda: self.manager.submit_feedback("chat", "neutral", "x" * 5001)),
            (InvalidConversationDataException, lambda: self.manager.update_conversation("chat", metadata=[])),
            (ValueError, lambda: self.manager.update_conversation("chat")),
            (ValueError, lambda: self.manager.delete_conversation("")),
        ]:
            self.assertRaises(refusal, call)
        self.assertEqual(len(requests()), before)

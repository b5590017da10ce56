"""Attachments of their own and of messages, in both modes."""

import base64
import urllib.request

from agentsight.exceptions import InvalidAttachmentException

from fake import answer, attachments, question, requests, sent
from vendor import ClientTest

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEXT = "Grüße aus dem Anhang.\n".encode()


def encoded(filename, mime_type, content):
    return {"filename": filename, "mime_type": mime_type, "data": base64.b64encode(content).decode()}


def content(attachment):
    """What is behind a signed address."""
    with urllib.request.urlopen(attachment["file_url"], timeout=10) as response:
        assert response.headers["content-type"] == attachment["mime_type"]
        return response.read()


class Attachments(ClientTest):
    def setUp(self):
        super().setUp()
        self.tracker.get_or_create_conversation("chat")

    def listed(self):
        """The files of the conversation, by the client's own call: in both shapes of the documentation."""
        found = self.api.fetch_conversation_attachments("chat")
        grouped = [file for message in found["messages"] for file in message["attachments"]]
        self.assertEqual(found["attachments"], grouped)
        self.assertEqual(found["total_attachments"], len(grouped))
        return grouped

    def test_files_of_their_own_as_base64(self):
        files = [encoded("pixel.png", "image/png", PNG), encoded("note.txt", "text/plain", TEXT)]
        self.tracker.track_attachments(files, sender="agent", metadata={"source": "camera"})
        (_, uploaded) = self.send(attachments=1)
        listed = self.listed()
        self.assertEqual([file["id"] for file in uploaded["attachments"]], [file["id"] for file in listed])
        self.assertEqual([(file["filename"], file["type"]) for file in listed], [("pixel.png", "image"), ("note.txt", "text")])
        self.assertEqual([file["size_bytes"] for file in listed], [len(PNG), len(TEXT)])
        self.assertEqual([content(file) for file in listed], [PNG, TEXT])
        (message,) = self.api.fetch_conversation("chat")["messages"]
        self.assertEqual((message["id"], message["content"]), (uploaded["message"], "[Attachments]"))
        self.assertEqual((message["sender"], message["metadata"]), ("agent", {"source": "camera"}))
        self.assert_arrived(chat=[attachments("pixel.png", "note.txt")])

    def test_the_files_are_found_by_text_id_and_by_number(self):
        self.tracker.track_attachments([encoded("note.txt", "text/plain", TEXT)])
        (conversation, uploaded) = self.send(attachments=1)
        by_number = self.api.fetch_conversation_attachments(conversation["id"])
        self.assertEqual(requests()[-1]["path"], f"/api/conversations/{conversation['id']}/attachments/")
        self.assertEqual([file["id"] for file in by_number["attachments"]], [uploaded["attachments"][0]["id"]])
        self.assertEqual([content(file) for file in by_number["attachments"]], [TEXT])
        by_text = self.api.fetch_conversation_attachments("chat")
        self.assertEqual([file["id"] for file in by_text["attachments"]], [uploaded["attachments"][0]["id"]])

    def test_files_of_their_own_as_form_data(self):
        files = [
            {"filename": "Übersicht.txt", "mime_type": "text/plain", "data": TEXT},
            {"data": PNG},
            {"filename": "again.bin", "content_type": "application/octet-stream", "data": b"\x00\x01\r\n--boundary"},
        ]
        self.tracker.track_attachments(files, mode="form_data", metadata={"n": 1})
        self.send(attachments=1)
        listed = self.listed()
        self.assertEqual([file["filename"] for file in listed], ["Übersicht.txt", "attachment_1.png", "again.bin"])
        self.assertEqual(
            [file["mime_type"] for file in listed], ["text/plain", "image/png", "application/octet-stream"]
        )
        self.assertEqual([content(file) for file in listed], [TEXT, PNG, b"\x00\x01\r\n--boundary"])
        (message,) = self.api.fetch_conversation("chat")["messages"]
        self.assertEqual((message["sender"], message["metadata"]), ("end_user", {"n": 1}))

    def test_files_of_messages_in_both_modes_hang_on_them(self):
        self.tracker.track_human_message("Look!", attachments=[encoded("pixel.png", "image/png", PNG)])
        self.tracker.track_agent_message(
            "I see.", attachments=[{"filename": "note.txt", "data": TEXT}], attachment_mode="form_data"
        )
        self.send(questions=1, answers=1)
        messages = self.api.fetch_conversation("chat")["messages"]
        self.assertEqual([message["content"] for message in messages], ["Look!", "I see."])
        files = [message["attachments"] for message in messages]
        self.assertEqual([[content(file) for file in files] for files in files], [[PNG], [TEXT]])
        self.assertEqual([file["message"] for files in files for file in files], [m["id"] for m in messages])
        self.assert_arrived(chat=[question("Look!", ["pixel.png"]), answer("I see.", ["note.txt"])])

    def test_defect_2b2_files_of_an_answer_name_no_conversation_but_its_number(self):
        self.tracker.track_agent_message("Look!", attachments=[encoded("pixel.png", "image/png", PNG)])
        number = self.send(answers=1)[0]["id"]
        (body,) = sent(path="/api/attachments/")
        self.assertEqual((body["conversation"], body["conversation_id"]), (str(number), "None"))
        self.assert_arrived(chat=[answer("Look!", ["pixel.png"])])

    def test_defect_2b3_without_the_number_files_of_an_answer_are_lost_and_nobody_hears_of_it(self):
        self.send()
        files = [encoded("pixel.png", "image/png", PNG)]
        self.tracker.track_human_message("Mine", attachments=files)
        self.tracker.track_agent_message("Yours", attachments=files)
        self.send(questions=1, answers=1)
        statuses = [request["status"] for request in requests() if request["path"] == "/api/attachments/"]
        self.assertEqual(statuses, [201, 400])
        self.assert_arrived(chat=[question("Mine", ["pixel.png"]), answer("Yours")])

    def test_defect_2b3_without_the_number_form_data_names_no_conversation_and_fails(self):
        self.send()
        self.tracker.track_attachments([{"filename": "pixel.png", "data": PNG}], mode="form-data")
        report = self.tracker.send_tracked_data()
        self.assertEqual((report["summary"]["attachments"], report["summary"]["errors"]), (0, 1))
        self.assertIn("(400)", report["items"][0]["error"])
        self.assertIn("conversation: ", report["items"][0]["error"])
        self.assert_arrived()

    def test_too_many_files_are_answered_413(self):
        self.tracker.track_attachments([encoded(f"{n}.txt", "text/plain", TEXT) for n in range(11)])
        self.tracker.track_human_message("Still here")
        report = self.tracker.send_tracked_data()
        self.assertEqual((report["summary"]["errors"], report["summary"]["questions"]), (1, 1))
        self.assertIn("(413)", report["items"][1]["error"])
        self.assert_arrived(chat=[question("Still here")])

    def test_bad_attachments_are_refused_before_the_network(self):
        for files in [
            [],
            ({"data": "YQ=="},),
            [{"filename": "a.txt", "mime_type": "text/plain"}],
            [{"filename": "a.txt", "mime_type": "text/plain", "data": "not base64!"}],
            [{"filename": " ", "mime_type": "text/plain", "data": "YQ=="}],
        ]:
            self.assertRaises(InvalidAttachmentException, self.tracker.track_attachments, files)
        self.assertRaises(ValueError, self.tracker.track_attachments, [{"data": b"a"}], mode="carrier pigeon")
        self.assertRaises(InvalidAttachmentException, self.tracker.track_attachments, [{"data": "YQ=="}], mode="form_data")
        self.assertEqual(requests(), [])

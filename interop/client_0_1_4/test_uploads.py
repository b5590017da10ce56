"""`upload_attachments`: the one call of the recording side that uses the service's older write routes."""

import tempfile
import urllib.request
from pathlib import Path

import agentsight
from agentsight.exceptions import UploadError

import fake
from fake import answer, attachments, question
from vendor import ClientTest

TEXT = "Grüße aus dem Anhang.\n".encode()


def setUpModule():
    # Nothing of the rest: no spans, and no look at the key in the background.
    assert agentsight.init(api_key=fake.KEY, endpoint=fake.URL, auto_instrument=False, verify_key=False)


def tearDownModule():
    agentsight.shutdown()


def content(file):
    with urllib.request.urlopen(file["file_url"], timeout=10) as response:
        return response.read()


class Uploads(ClientTest):
    def test_files_of_their_own_create_what_holds_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "note.txt")
            path.write_bytes(TEXT)
            files = [path, {"filename": "raw.bin", "data": b"\x00\x01"}]
            uploaded = agentsight.upload_attachments(files, "chat", sender="agent", metadata={"n": 1})
        self.assertEqual([file["filename"] for file in uploaded["attachments"]], ["note.txt", "raw.bin"])
        self.assertEqual(
            [file["mime_type"] for file in uploaded["attachments"]], ["text/plain", "application/octet-stream"]
        )
        self.assertEqual([content(file) for file in uploaded["attachments"]], [TEXT, b"\x00\x01"])
        (message,) = self.client.conversations.get("chat")["messages"]
        self.assertEqual((message["id"], message["content"]), (uploaded["message"], "[Attachments]"))
        self.assertEqual((message["sender"], message["metadata"]), ("agent", {"n": 1}))
        self.assert_arrived(chat=[attachments("note.txt", "raw.bin")])

    def test_files_of_a_message_hang_on_it_and_do_not_move_it(self):
        number, (asked, _) = self.conversation("chat")
        before = self.client.messages.get(asked)
        uploaded = agentsight.upload_attachments({"filename": "note.txt", "data": TEXT}, "chat", message_id=asked)
        self.assertEqual(uploaded["message"], asked)
        after = self.client.messages.get(asked)
        self.assertEqual(after["attachments"][0]["id"], uploaded["attachments"][0]["id"])
        self.assertEqual({**after, "attachments": []}, before)
        self.assertEqual(self.client.conversations.resolve("chat"), number)
        self.assert_arrived(chat=[question("Question of chat", ["note.txt"]), answer("Answer of chat")])

    def test_refusals_are_errors_with_their_status(self):
        _, (elsewhere, _) = self.conversation("elsewhere")
        file = {"filename": "note.txt", "data": TEXT}
        for files, message, status in [
            (file, elsewhere, 404),
            (file, 424_242, 404),
            ([file] * 11, None, 413),
        ]:
            with self.assertRaises(UploadError) as refused:
                agentsight.upload_attachments(files, "chat", message_id=message)
            self.assertEqual(refused.exception.status_code, status)
        self.assert_arrived(elsewhere=[question("Question of elsewhere"), answer("Answer of elsewhere")])

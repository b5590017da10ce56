"""`actions`: what an agent can do, and when it did."""

from agentsight.exceptions import NotFoundError, ValidationError

from fake import action
from vendor import ClientTest, record


class Actions(ClientTest):
    def setUp(self):
        super().setUp()
        self.actions = self.client.actions

    def names(self, **filters):
        return [row["name"] for row in self.actions.list(**filters)]

    def test_a_declared_action_is_adopted_by_its_first_run(self):
        created = self.actions.create(" search ", display_name="Search", description="Asks a search engine.")
        expected = {"name": "search", "display_name": "Search", "description": "Asks a search engine.", "agent": 1}
        self.assertEqual(created, {"id": created["id"], **expected})
        self.assertEqual(self.actions.get(created["id"]), created)
        self.assertEqual(self.actions.logs(created["id"]), [])
        log = record("action_logs", conversation_id="chat", action_name="search", duration_ms=150.5, response="Found")
        self.assertEqual(self.actions.logs(created["id"]), [log])
        self.assertEqual((log["action"], log["duration_ms"]), (created["id"], 150.5))
        self.assert_arrived(chat=[action("search")])

    def test_a_first_run_creates_its_action(self):
        number = record("action_logs", conversation_id="chat", action_name="mail")["action"]
        expected = {"id": number, "name": "mail", "display_name": "mail", "description": "", "agent": 1}
        self.assertEqual(self.actions.get(number), expected)

    def test_a_name_is_given_once(self):
        first = self.actions.create("search")
        refused = self.assert_raises(ValidationError, 400, self.actions.create, "search")
        self.assertEqual(refused.errors, {"name": ['An action named "search" already exists for this agent.']})
        second = self.actions.create("mail")
        self.assert_raises(ValidationError, 400, self.actions.update, second["id"], name="search")
        self.assertEqual(list(self.actions.list(ordering="id")), [first, second])

    def test_update_changes_what_is_given(self):
        created = self.actions.create("search")
        updated = self.actions.update(created["id"], display_name="Search", description="New")
        self.assertEqual(updated, {**created, "display_name": "Search", "description": "New"})
        self.assertEqual(self.actions.update(created["id"], name="find")["name"], "find")
        self.assertEqual(self.names(), ["find"])

    def test_every_filter_finds_what_it_says(self):
        self.actions.create("search_orders", display_name="Find an order")
        self.actions.create("search", description="Also for ORDERS.")
        self.actions.create("mail")
        for filters, expected in [
            ({"ordering": "name"}, ["mail", "search", "search_orders"]),
            ({"ordering": "-name"}, ["search_orders", "search", "mail"]),
            ({"ordering": "display_name"}, ["search_orders", "mail", "search"]),
            ({"name": "search"}, ["search"]),
            ({"name__icontains": "SEARCH", "ordering": "id"}, ["search_orders", "search"]),
            ({"display_name": "FIND"}, ["search_orders"]),
            ({"search": "order", "ordering": "id"}, ["search_orders", "search"]),
        ]:
            with self.subTest(filters):
                self.assertEqual(self.names(**filters), expected)

    def test_a_long_list_is_walked_page_by_page(self):
        names = [f"action_{number:03}" for number in range(101)]
        for name in names:
            self.actions.create(name)
        self.assertEqual(self.names(ordering="name"), names)

    def test_what_is_not_there_is_not_found(self):
        for call in [self.actions.get, self.actions.logs]:
            self.assert_raises(NotFoundError, 404, call, 424_242)
        self.assert_raises(NotFoundError, 404, self.actions.update, 424_242, name="N")
        self.assert_raises(ValidationError, None, self.actions.create, "  ")

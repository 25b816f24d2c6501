"""Customers by REST: PUT and PATCH, tags, batches, searching."""

from .base import StandInCase


class TestCustomers(StandInCase):
    """Section 2.8."""

    def setUp(self):
        """Keep webhooks, and have one customer."""
        super().setUp()
        self.server.set(capture=True)
        self.made = self.ok(
            "POST",
            "/customers",
            {
                "name": "Олена",
                "email": "olena@example.test",
                "phone": "+380501112233",
                "userId": "odoo_7",
                "firstSeen": "1700000000",
                "locale": "uk",
                "tags": [{"name": "VIP", "color": "#ff0000"}, {"name": "New"}],
                "customData": [{"property": "plan", "value": "gold"}],
            },
            status=201,
        )
        self.path = f"/customers/{self.made['id']}"
        self.server.captured()

    def test_created(self):
        self.assertEqual(self.made["firstSeen"], "1700000000")
        self.assertEqual(self.made["customData"], {"plan": "gold"})
        self.assertEqual(
            self.made["tags"],
            [{"name": "VIP", "color": "#ff0000"}, {"name": "New", "color": "#c377e0"}],
        )
        self.assertEqual(self.ok("GET", self.path), self.made)

    def test_customer_needs_no_field(self):
        self.assertIsNone(self.ok("POST", "/customers", {}, status=201)["name"])

    def test_patch_keeps(self):
        changed = self.ok("PATCH", self.path, {"notes": "x", "blocked": True})
        self.assertEqual(changed, {**self.made, "notes": "x", "blocked": True})
        self.assertEqual(self.events(), ["customer.blocked"])

    def test_put_nulls(self):
        changed = self.ok("PUT", self.path, {"name": "Olena"})
        self.assertEqual((changed["id"], changed["name"]), (self.made["id"], "Olena"))
        for field in ("email", "phone", "userId", "firstSeen", "locale"):
            self.assertIsNone(changed[field], field)
        self.assertEqual((changed["tags"], changed["customData"]), ([], {}))
        self.assertEqual(
            self.events(), ["customer.email_updated", "customer.tags_changed"]
        )
        self.ok("POST", "/customers", {"userId": "odoo_7"}, status=201)

    def test_custom_data_is_replaced_or_merged(self):
        change = {"customData": [{"property": "paid", "value": True}]}
        changed = self.ok("PATCH", self.path, change)
        self.assertEqual(changed["customData"], {"paid": True})
        self.server.set(merge_custom_data=True)
        change = {"customData": [{"property": "plan", "value": "tin"}]}
        changed = self.ok("PATCH", self.path, change)
        self.assertEqual(changed["customData"], {"paid": True, "plan": "tin"})

    def test_tags(self):
        body = {"tags": [{"name": "Lead", "color": "#c57de0"}]}
        tags = self.ok("PUT", f"{self.path}/tags", body)["tags"]
        self.assertEqual([tag["name"] for tag in tags], ["VIP", "New", "Lead"])
        body = {"tags": [{"name": "VIP"}, {"name": "Lead"}]}
        tags = self.ok("DELETE", f"{self.path}/tags", body)["tags"]
        self.assertEqual([tag["name"] for tag in tags], ["New"])
        self.assertEqual(self.events(), ["customer.tags_changed"] * 2)

    def test_batch(self):
        other = self.ok("POST", "/customers", {"name": "B"}, status=201)["id"]
        body = [
            {"customer": self.made["id"], "company": "A & Co"},
            {"customer": other, "company": "B & Co"},
        ]
        self.ok("PUT", "/customers/batch", body)
        changed = self.ok("GET", self.path)
        self.assertEqual((changed["company"], changed["name"]), ("A & Co", "Олена"))
        body.append({"customer": 1, "company": "nobody"})
        self.assertEqual(self.call("PUT", "/customers/batch", body)[0], 404)

    def test_delete(self):
        chat = self.server.customer_says(self.made["id"], "Hi")["chat"]
        self.server.captured()
        self.ok("DELETE", self.path)
        self.assertEqual(self.events(), ["customer.deleted"])
        self.assertEqual(self.call("GET", self.path)[0], 404)
        self.assertEqual(self.call("GET", f"/chats/{chat}")[0], 404)
        answer = self.ok("GET", "/customers?limit=1")
        self.assertEqual((answer["data"], answer["total"]), ([], 0))

    def test_search(self):
        self.server.customer_says(5001, "Hi", application=2, name="Taras")
        self.server.customer_says(5002, "Hi", application=3, name="Iryna")
        telegram = self.server.customer(5001)["integrationId"]
        for field, operator, value, expected in (
            ("userId", "=", "odoo_7", ["Олена"]),
            ("telegramId", "=", telegram, ["Taras"]),
            ("viberId", "=", telegram, []),
            ("name", "~", "a", ["Taras", "Iryna"]),
            ("name", "!~", "a", ["Олена"]),
            ("phone", "=", "+380501112233", ["Олена"]),
            ("id", ">=", "5002", ["Олена", "Iryna"]),
            ("tagsData", "=", [{"name": "VIP"}, {"name": "New"}], ["Олена"]),
        ):
            with self.subTest(field=field, operator=operator):
                line = {
                    "field": f"customers.{field}", "operator": operator, "value": value
                }  # fmt: skip
                answer = self.ok("POST", "/customers/search", {"filter": [line]})
                names = [customer["name"] for customer in answer["data"]]
                self.assertEqual(names, expected)
                self.assertEqual(answer["total"], len(expected))

    def test_verbs_of_customers(self):
        customer = self.made["id"]
        self.server.block(customer)
        with self.assertRaises(ValueError):
            self.server.customer_says(customer, "let me in")
        self.server.unblock(customer)
        self.server.unsubscribe(customer)
        self.server.subscribe(customer)
        self.server.set_tags(customer, ["One"])
        self.server.set_email(customer, None)
        self.server.set_phone(customer, "+380")
        self.server.delete_customer(customer)
        self.assertEqual(
            self.events(),
            [
                "customer.blocked",
                "customer.unblocked",
                "customer.unsubscribed",
                "customer.subscribed",
                "customer.tags_changed",
                "customer.email_updated",
                "customer.deleted",
            ],
        )

    def test_ids_never_clash_with_visitors(self):
        self.server.customer_says(self.made["id"] + 1, "Hi")
        other = self.ok("POST", "/customers", {}, status=201)["id"]
        self.assertEqual(other, self.made["id"] + 2)
        self.assertEqual(self.server.customer_says(None, "Hi")["from"], "customer")

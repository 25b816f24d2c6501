"""A merge loses nothing: rows counted in every table that can point at a contact."""

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..common import HelpcrunchCase


@tagged("post_install", "-at_install")
class TestRowsOfAMerge(HelpcrunchCase):
    """A contact with a thousand rows in twenty tables, and its twin."""

    maxDiff = None

    def setUp(self):
        super().setUp()
        partners = self.env["res.partner"]
        self.old = partners.create({"name": "Old", "phone": "+380671234567"})
        self.new = partners.create({"name": "New", "phone": "+380671234567"})
        self.others = partners.create([{"name": f"Other {n}"} for n in range(100)])
        self.lead = self.env["crm.lead"].create({"name": "Lead"})
        self.note = self.env.ref("mail.mt_note").id

    # === COUNTING === #

    def places(self):
        """Return ``(table, column, condition)`` of all that can point at a contact."""
        wizard = self.env["base.partner.merge.automatic.wizard"]
        places = [
            (table, column, SQL("TRUE"))
            for table, column in wizard._get_fk_on("res_partner")
            if "base_partner_merge_" not in table
        ]
        for model in self.env.values():
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                if field.type == "many2one_reference" and field.store:
                    if not model._fields[field.model_field].store:
                        # Judged by the records: of an automation rule, in its own test.
                        continue
                    kind = SQL.identifier(field.model_field)
                    where = SQL("%s = 'res.partner'", kind)
                    if model._name == "ir.attachment":
                        # Pictures of the contact's own fields stay with its fields.
                        where = SQL("%s AND res_field IS NULL", where)
                    places.append((model._table, field.name, where))
        return places

    def count(self):
        """Return the number of rows that point at one of the two, by place."""
        self.env.flush_all()
        counts = {}
        for table, column, where in self.places():
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM %s WHERE %s IN %s AND %s",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    (self.old.id, self.new.id),
                    where,
                ),
            )
            counts[f"{table}.{column}"] = self.env.cr.fetchone()[0]
        return counts

    # === A BUSY CONTACT === #

    def fill(self):
        """Make rows of the new contact; some say what a row of the old one says too.

        :return: how many rows say the same twice, by place
        """
        self.fill_messages()
        self.fill_channels()
        self.fill_calendar()
        self.fill_records()
        self.fill_dialogues()
        return {
            "mail_followers.partner_id": 5,
            "mail_followers.res_id": 3,
            "mail_notification.res_partner_id": 4,
            "mail_message_reaction.partner_id": 6,
            "mail_message_res_partner_rel.res_partner_id": 2,
            "discuss_channel_member.partner_id": 7,
            "calendar_event_res_partner_rel.res_partner_id": 2,
            "calendar_filters.partner_id": 1,
            "res_partner_bank.partner_id": 1,
            "res_partner_res_partner_category_rel.partner_id": 4,
            "helpcrunch_duplicate.older_partner_id": 1,
            # The two were of themselves, and one is left.
            "res_partner.commercial_partner_id": 1,
        }

    def fill_messages(self):
        vals = {"model": "crm.lead", "res_id": self.lead.id, "subtype_id": self.note}
        authored = self.env["mail.message"].create(
            [{**vals, "body": "x", "author_id": self.new.id} for _n in range(50)]
        )
        authored.partner_ids = self.new
        authored[:2].partner_ids |= self.old
        self.env["mail.message"].create(
            [
                {**vals, "model": "res.partner", "res_id": self.new.id, "body": "y"}
                for _n in range(100)
            ],
        )
        both = [*[(self.new, line) for line in authored]]
        both += [(self.old, line) for line in authored[:4]]
        self.env["mail.notification"].create(
            [
                {"mail_message_id": line.id, "res_partner_id": who.id}
                for who, line in both
            ],
        )
        self.env["mail.message.reaction"].create(
            [
                {"message_id": line.id, "partner_id": who.id, "content": "👍"}
                for who, line in [*both, *[(self.old, line) for line in authored[4:6]]]
            ],
        )
        authored.starred_partner_ids |= self.new

    def fill_channels(self):
        channels = self.env["discuss.channel"].create(
            [{"name": f"C {n}", "channel_type": "channel"} for n in range(40)]
        )
        self.env["discuss.channel.member"].create(
            [{"channel_id": row.id, "partner_id": self.new.id} for row in channels]
            + [
                {"channel_id": row.id, "partner_id": self.old.id}
                for row in channels[:7]
            ]
        )
        leads = self.env["crm.lead"].create(
            [{"name": f"L {n}", "partner_id": self.new.id} for n in range(80)]
        )
        leads.message_follower_ids.unlink()
        leads.message_subscribe(self.new.ids)
        leads[:5].message_subscribe(self.old.ids)
        (self.old | self.new).message_follower_ids.unlink()
        self.new.message_subscribe(self.others[:20].ids)
        self.old.message_subscribe(self.others[:3].ids)

    def fill_calendar(self):
        events = self.env["calendar.event"].create(
            [
                {
                    "name": f"E {n}",
                    "start": "2026-01-01 10:00:00",
                    "stop": "2026-01-01 11:00:00",
                    "partner_ids": [Command.set(self.new.ids)],
                }
                for n in range(40)
            ],
        )
        events[:2].partner_ids |= self.old
        # Odoo fills in the type of the record as well.
        refers = {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.new.id,
        }
        events[:10].write(refers)
        users = [new_test_user(self.env, f"user{n}") for n in range(6)]
        self.env["calendar.filters"].create(
            [{"user_id": user.id, "partner_id": self.new.id} for user in users]
            + [{"user_id": users[0].id, "partner_id": self.old.id}]
        )
        activities = self.env["mail.activity"].create(
            [{**refers, "summary": f"A {n}"} for n in range(40)]
        )
        # Done ones are archived, and Odoo's merge does not see them.
        activities[:15].action_done()

    def fill_records(self):
        self.others[:50].parent_id = self.new
        tags = self.env["res.partner.category"].create(
            [{"name": f"T {n}"} for n in range(30)]
        )
        self.new.category_id = tags
        self.old.category_id = tags[:4]
        accounts = [
            {"acc_number": f"UA{n}", "partner_id": self.new.id} for n in range(20)
        ]
        accounts += [{"acc_number": "UA0", "partner_id": self.old.id}]
        self.env["res.partner.bank"].create(accounts)
        self.env["ir.attachment"].create(
            [
                {"name": f"F {n}", "res_model": "res.partner", "res_id": self.new.id}
                for n in range(40)
            ],
        )
        if "rating.rating" in self.env:
            rating = {"partner_id": self.new.id, "rated_partner_id": self.new.id}
            self.env["rating.rating"].create(
                [
                    {
                        **rating,
                        "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                        "res_id": self.lead.id,
                    }
                    for _n in range(30)
                ],
            )

    def fill_dialogues(self):
        customers = self.env["helpcrunch.customer"].create(
            [
                {
                    "account_id": self.account.id,
                    "external_id": str(n),
                    "partner_id": self.new.id,
                }
                for n in range(60)
            ],
        )
        self.chats = self.env["helpcrunch.chat"].create(
            [
                {
                    "account_id": self.account.id,
                    "external_id": str(n),
                    "customer_id": customers[n % 60].id,
                    "partner_id": self.new.id,
                }
                for n in range(120)
            ],
        )
        pairs = [(other, self.new) for other in self.others[60:70]]
        pairs += [(self.others[60], self.old)]
        self.rows = self.env["helpcrunch.duplicate"].union(
            *(self.list_pair(other, who) for other, who in pairs)
        )
        self.row = self.env["helpcrunch.duplicate"].create(
            {
                "company_id": self.account.company_id.id,
                "kind": "phone",
                "value": "+380671234567",
                "chat_id": self.chats[0].id,
            },
        )

    # === TESTS === #

    def test_a_thousand_rows_in_twenty_tables(self):
        twice = self.fill()
        before = self.count()
        used = {place: number for place, number in before.items() if number}
        self.assertGreaterEqual(len({place.split(".")[0] for place in used}), 20)
        self.assertGreaterEqual(sum(used.values()), 1000)
        self.row._settle()
        self.assertFalse(self.new.exists())
        after = self.count()
        grown = {"mail_message.res_id"}  # the note about the merge itself
        self.assertEqual(
            {place: n for place, n in after.items() if place not in grown},
            {
                place: n - twice.get(place, 0)
                for place, n in before.items()
                if place not in grown
            },
        )
        self.assertGreater(after["mail_message.res_id"], before["mail_message.res_id"])

    def test_what_says_the_same_twice_is_kept_once(self):
        self.fill()
        members = self.env["discuss.channel.member"].search(
            [("partner_id", "in", (self.old | self.new).ids)]
        )
        channels = members.channel_id
        followed = self.old.message_follower_ids | self.new.message_follower_ids
        followers = followed.partner_id
        self.row._settle()
        self.assertEqual(
            self.env["discuss.channel.member"]
            .search([("partner_id", "=", self.old.id)])
            .channel_id,
            channels,
        )
        self.assertEqual(self.old.message_follower_ids.partner_id, followers)

    def test_what_refers_to_the_merged_account_refers_to_the_other(self):
        accounts = self.env["res.partner.bank"].create(
            [
                {"acc_number": "UA1", "partner_id": row.id}
                for row in (self.old, self.new)
            ]
        )
        scan = self.env["ir.attachment"].create(
            {"name": "S", "res_model": "res.partner.bank", "res_id": accounts[1].id}
        )
        self.fill_dialogues()
        self.row._settle()
        self.assertEqual(accounts.exists(), accounts[0])
        self.assertEqual(scan.res_id, accounts[0].id)

    def test_properties_follow(self):
        definition = self.env["properties.base.definition"]
        definition._get_definition_for_property_field(
            "res.partner", "properties"
        ).properties_definition = [
            {"name": "size", "type": "char", "string": "Size"},
            {"name": "hat", "type": "char", "string": "Hat"},
            {"name": "shoe", "type": "char", "string": "Shoe"},
            {
                "name": "kind",
                "type": "selection",
                "string": "Kind",
                "selection": [["k1", "One"], ["k2", "Two"]],
            },
            {
                "name": "tags",
                "type": "tags",
                "string": "Tags",
                "tags": [["t1", "First", 1], ["t2", "Second", 2]],
            },
            {
                "name": "friend",
                "type": "many2one",
                "string": "Friend",
                "comodel": "res.partner",
            },
        ]
        team = self.env["crm.team"].create({"name": "Team"})
        team.lead_properties_definition = [
            {
                "name": name,
                "type": kind,
                "string": name,
                "comodel": "res.partner",
            }
            for name, kind in (("one", "many2one"), ("many", "many2many"))
        ]
        lead = self.env["crm.lead"].create({"name": "Lead", "team_id": team.id})
        other = self.others[0]
        values = {"one": self.new.id, "many": [self.new.id, other.id]}
        lead.lead_properties = values
        lead.active = False
        self.new.properties = {
            "size": "L",
            "hat": "M",
            "shoe": "9",
            "tags": ["t1", "t2"],
            "friend": other.id,
        }
        self.old.properties = {"size": "XL", "shoe": False, "kind": "k1"}
        self.fill_dialogues()
        self.row._settle()
        self.env.invalidate_all()
        self.assertEqual(lead.lead_properties["one"], self.old)
        self.assertEqual(lead.lead_properties["many"], self.old | other)
        self.env.cr.execute(
            "SELECT properties FROM res_partner WHERE id = %s", (self.old.id,)
        )
        self.assertEqual(
            self.env.cr.fetchone()[0],
            {
                "size": "XL",
                "hat": "M",
                "shoe": "9",
                "kind": "k1",
                "tags": ["t1", "t2"],
                "friend": other.id,
            },
        )

    def test_beside_automation_rules(self):
        """Whose reference names its model in no column."""
        if "base.automation" not in self.env:
            self.skipTest("automation rules are not installed")
        tags = self.env["crm.tag"].create([{"name": f"T {n}"} for n in range(3)])
        rule = self.env["base.automation"].create(
            {
                "name": "Tagged",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "trigger": "on_tag_set",
                "trg_field_ref": tags[-1].id,
            }
        )
        # As it is where a tag and a contact have one number.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE base_automation SET trg_field_ref = %s WHERE id = %s",
            [self.new.id, rule.id],
        )
        self.env.invalidate_all()
        self.assertEqual(rule.trg_field_ref_model_name, "crm.tag")
        self.fill_dialogues()
        self.row._settle()
        self.assertFalse(self.new.exists())
        self.assertEqual(rule.trg_field_ref, self.new.id)

    def test_done_activities_come_along(self):
        self.fill()
        self.row._settle()
        activities = self.env["mail.activity"].with_context(active_test=False)
        mine = [("res_model", "=", "res.partner"), ("res_id", "=", self.old.id)]
        self.assertEqual(activities.search_count(mine), 40)
        self.assertEqual(activities.search_count([*mine, ("active", "=", False)]), 15)

    def test_the_list_of_duplicates_follows(self):
        self.fill()
        self.row._settle()
        self.assertEqual(len(self.rows.exists()), 10)
        for row in self.rows.exists():
            self.assertIn(self.old, row.partner_id | row.older_partner_id)

"""Odoo's own merge of leads keeps the way back to the dialogue."""

from odoo.tests import new_test_user, tagged

from ...models.dialogue.turn import Turn
from ..common import HelpcrunchCase, snapshot


@tagged("post_install", "-at_install")
class TestMergedLeads(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            "chief",
            "sales_team.group_sale_manager,helpcrunch_chatbot.group_operator",
        )
        cls.step("Welcome", alias="/start", message=False)
        cls.step("Thanks", "create_lead", alias="lead")

    def opportunity(self, **vals):
        """An older one, in a later stage: it survives."""
        stages = self.env["crm.stage"].search([("is_won", "=", False)])
        return (
            self.env["crm.lead"]
            .with_user(self.seller)
            .create(
                {
                    "name": "Old",
                    "type": "opportunity",
                    "user_id": self.seller.id,
                    "stage_id": stages[-1:].id,
                    "probability": 90,
                    **vals,
                }
            )
        )

    def merge_leads(self, *leads):
        return (
            self.env["crm.lead"]
            .union(*leads)
            .with_user(self.seller)
            .merge_opportunity()
        )

    def order(self, chat, title=""):
        turn = Turn(self.by_machine(chat), snapshot(company_id=chat.company_id.id))
        return turn.chat._get_or_make_lead(title, self.seller)

    def test_the_survivor_has_the_dialogue(self):
        self.says("lead")
        chat, old = self.chat(), self.opportunity()
        lead = chat.lead_ids
        bot, step = lead.helpcrunch_bot_id, lead.helpcrunch_step_id
        survivor = self.merge_leads(old, lead)
        self.env.flush_all()
        self.assertEqual(survivor, old)
        self.assertEqual(survivor.sudo().helpcrunch_chat_id, chat)
        self.assertEqual(survivor.sudo().helpcrunch_bot_id, bot)
        self.assertEqual(survivor.sudo().helpcrunch_step_id, step)
        self.assertEqual(chat.lead_count, 1)
        self.assertEqual(self.order(chat), (survivor, False))

    def test_two_dialogues_in_one_opportunity(self):
        self.says("lead")
        self.says("lead", 5002)
        one, two = self.chat(), self.chat(5002)
        survivor = self.merge_leads(self.opportunity(), one.lead_ids, two.lead_ids)
        self.assertEqual((one | two).mapped("lead_count"), [1, 1])
        for chat in (one, two):
            self.assertEqual(self.order(chat), (survivor, False))
            leads = self.env["crm.lead"].search(chat.action_view_leads()["domain"])
            self.assertEqual(leads, survivor)
        # And once more into another one.
        last = self.merge_leads(self.opportunity(probability=99), survivor)
        self.assertEqual(self.order(two), (last, False))

    def test_a_lead_that_was_deleted_or_won_is_none(self):
        self.says("lead")
        chat = self.chat()
        survivor = self.merge_leads(self.opportunity(), chat.lead_ids)
        self.assertEqual(chat._get_merged_lead(), survivor)
        survivor.action_set_won()
        self.assertFalse(chat._get_merged_lead())
        survivor.sudo().unlink()
        self.assertTrue(self.order(chat)[1])

    def test_tags_teams_and_salespeople_that_are_deleted(self):
        tag = self.env["crm.tag"].with_user(self.seller).create({"name": "Hot"})
        team = self.env["crm.team"].with_user(self.seller).create({"name": "North"})
        self.step(
            "Again",
            "create_lead",
            alias="again",
            lead_team_id=team.id,
            lead_tag_ids=[(6, 0, tag.ids)],
        )
        tag.unlink()
        team.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.says("again"), ["Again"])
        self.assertEqual(len(self.chat().lead_ids), 1)

"""Who is in a dialogue's conversation in Discuss, and what only they can do there."""

from markupsafe import Markup

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .test_rights_doors import OPERATOR, RightsCase


class ConversationCase(RightsCase):
    """Olena has the dialogue; a colleague from another company is an operator too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign_operator = new_test_user(
            cls.env,
            "rights abroad",
            OPERATOR,
            name="Marko",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.outsiders = cls.clerk | cls.portal | cls.seller | cls.foreign_operator

    def setUp(self):
        super().setUp()
        # Stay colleagues when they lose the role.
        (self.olena | self.petro).group_ids |= self.env.ref("base.group_user")

    def members(self):
        return self.channel().channel_partner_ids

    def member(self, user):
        return self.channel().channel_member_ids.filtered(
            lambda row: row.partner_id == user.partner_id
        )

    def assert_out(self, user, words):
        """Let somebody try everything that is there in a conversation."""
        channel = self.channel().with_user(user)
        before, leads = self.texts(), self.chat().lead_ids
        self.assertNotIn(user.partner_id, self.members())
        self.assertFalse(channel.has_access("read"))
        self.assertFalse(channel.search([("id", "=", channel.id)]))
        self.assertFalse(
            self.channel().message_ids.with_user(user)._filtered_access("read")
        )
        for speak in (
            # As the web client's own route does, and by RPC.
            lambda: channel.sudo().message_post(body="Hello", message_type="comment"),
            lambda: channel.message_post(body="Hello", message_type="comment"),
            lambda: channel.execute_command_helpcrunch(body="/lead mine"),
        ):
            with self.refused(words):
                speak()
        self.settle()
        self.assertEqual(self.texts(), before)
        self.assertEqual(self.chat().lead_ids, leads)


@tagged("post_install", "-at_install")
class TestConversationLink(HttpCase, ConversationCase):
    """Members can read a conversation's address and give it to anybody."""

    def follow(self, user):
        """Let somebody open the address of the conversation; return the answer."""
        channel = self.channel()
        self.authenticate(user and user.login, user and user.login)
        self.assertEqual(
            self.url_open(f"/discuss/channel/{channel.id}").status_code, 404
        )
        return self.url_open(f"/chat/{channel.id}/{channel.uuid}")

    def test_the_address_lets_in_operators_of_the_company_alone(self):
        self.connect()
        for user in (*self.outsiders, self.stranger, None):
            with self.subTest(user=user and user.login):
                answer = self.follow(user)
                self.assertEqual(answer.status_code, 403)
                self.assertNotIn("Welcome", answer.text)
                self.assertEqual(self.members(), self.olena.partner_id)
        self.assertIn("takes the role", self.follow(self.clerk).text)
        self.assertIn("does not work in", self.follow(self.foreign_operator).text)
        self.assertEqual(self.follow(self.petro).status_code, 200)
        self.assertEqual(self.members(), (self.olena | self.petro).partner_id)

    def test_other_conversations_are_not_touched(self):
        channel = self.env["discuss.channel"]._create_channel("Kitchen", None)
        self.authenticate(self.clerk.login, self.clerk.login)
        answer = self.url_open(f"/chat/{channel.id}/{channel.uuid}")
        self.assertEqual(answer.status_code, 200)

    def test_a_former_operator_does_not_come_back_with_it(self):
        self.add_operator(self.petro)
        self.connect()
        self.orders(self.olena, "/transfer Petro")
        answer = self.follow(self.olena)
        self.assertEqual(answer.status_code, 403)
        self.assertIn("is not yours any more", answer.text)
        self.assertEqual(self.members(), self.petro.partner_id)


@tagged("post_install", "-at_install")
class TestConversationMembers(ConversationCase):
    def test_only_operators_of_the_company_are_invited(self):
        self.connect()
        channel = self.channel().with_user(self.olena)
        for user in self.outsiders | self.stranger:
            with self.subTest(user=user.login), self.refused("role|colleagues|work in"):
                channel.add_members(user.partner_id.ids)
        channel.add_members(self.petro.partner_id.ids)
        self.assertTrue(self.channel().with_user(self.petro).has_access("read"))

    def test_whoever_loses_the_role_is_out(self):
        role = self.env.ref(OPERATOR).with_user(self.administrator)
        petro = self.petro.with_user(self.administrator)
        for name, take_away in (
            ("user", lambda: petro.write({"group_ids": [Command.unlink(role.id)]})),
            ("group", lambda: role.write({"user_ids": [Command.unlink(petro.id)]})),
        ):
            with self.subTest(by=name):
                self.connect()
                petro.group_ids |= role
                self.channel().with_user(self.olena).add_members(petro.partner_id.ids)
                self.assertIn(petro.partner_id, self.members())
                take_away()
                self.settle()
                self.assert_out(self.petro, "takes the role")

    def test_the_holder_who_loses_the_role_is_out(self):
        self.connect()
        role = self.env.ref(OPERATOR)
        self.olena.with_user(self.administrator).group_ids -= role
        self.settle()
        self.assert_out(self.olena, "takes the role")

    def test_whoever_leaves_the_company_is_out(self):
        self.connect()
        self.administrator.company_ids |= self.other_company
        self.olena.with_user(self.administrator).write(
            {
                "company_ids": [Command.set(self.other_company.ids)],
                "company_id": self.other_company.id,
            }
        )
        self.settle()
        self.assert_out(self.olena, "does not work in")

    def test_a_former_operator_is_out(self):
        self.add_operator(self.petro)
        chat = self.connect()
        self.orders(self.olena, "/transfer Petro")
        self.assert_out(self.olena, "not in this dialogue")
        for give in (
            lambda: (
                self.env["helpcrunch.chat.assign"]
                .with_user(self.olena)
                .create({"chat_id": chat.id, "queue_id": self.queue.id})
                .action_assign()
            ),
            lambda: (
                self.channel()
                .with_user(self.olena)
                .add_members(self.olena.partner_id.ids)
            ),
        ):
            with self.refused("."):
                give()
        self.assertEqual(chat.user_id, self.petro)

    def test_nobody_deletes_the_own_membership_of_an_open_dialogue(self):
        self.connect()
        channel = self.channel()
        channel.with_user(self.olena).add_members(self.petro.partner_id.ids)
        with self.refused("then you may leave it"):
            self.member(self.olena).with_user(self.olena).unlink()
        for user in (self.petro, self.administrator):
            with self.refused("."):
                self.member(self.olena).with_user(user).unlink()
        # Whoever was only asked for advice goes when it is given.
        channel.with_user(self.petro).action_unfollow()
        self.assertEqual(self.members(), self.olena.partner_id)

    def test_a_conversation_is_not_deleted_by_people(self):
        self.connect()
        for user in (self.olena, self.administrator):
            with self.assertRaises(AccessError):
                self.channel().with_user(user).unlink()


@tagged("post_install", "-at_install")
class TestConversationWords(ConversationCase):
    def test_nobody_speaks_for_somebody_else(self):
        self.connect()
        customer = self.partner()
        channel = self.channel().with_user(self.olena)
        for caller in (channel, channel.sudo()):
            message = caller.message_post(
                body="Hello",
                message_type="comment",
                author_id=customer.id,
                email_from="director@example.com",
            )
            self.settle()
            self.assertEqual(message.author_id, self.olena.partner_id)
            self.assertNotIn("director", message.email_from or "")
        note = channel.message_post(body="I give up", author_id=customer.id)
        self.assertEqual(note.author_id, self.olena.partner_id)
        with self.assertRaises(AccessError):
            self.env["mail.message"].with_user(self.olena).create(
                {
                    "model": "discuss.channel",
                    "res_id": channel.id,
                    "author_id": customer.id,
                    "body": "I was told it is free",
                    "message_type": "comment",
                }
            )

    def test_no_key_of_the_context_hides_words_from_the_customer(self):
        self.connect()
        doors = {"helpcrunch_mirror": True, "helpcrunch_posted": True}
        channel = self.channel().with_user(self.olena).with_context(**doors)
        channel.sudo().message_post(body=Markup("Hello"), message_type="comment")
        self.settle()
        self.assertEqual(self.texts()[-1], "Hello")
        with self.assertRaises(AccessError):
            self.env["mail.message"].with_user(self.olena).with_context(**doors).create(
                {"model": "discuss.channel", "res_id": channel.id, "body": "Forged"}
            )

    def test_a_new_lead_is_a_link_for_who_may_read_leads(self):
        self.connect()
        self.orders(self.olena, "/lead red bicycle")
        line = self.channel().message_ids[0].body
        self.assertIn("red bicycle", line)
        self.assertNotIn("href", line)
        info = self.channel().with_user(self.olena)._get_helpcrunch_info()
        self.assertEqual(
            [(row["name"], row["can_open"]) for row in info["leads"]],
            [("red bicycle", False)],
        )
        self.add_operator(self.selling_operator)
        self.orders(self.olena, f"/transfer {self.selling_operator.name}")
        self.chat().lead_ids.user_id = self.selling_operator
        info = self.channel().with_user(self.selling_operator)._get_helpcrunch_info()
        self.assertTrue(info["leads"][0]["can_open"])
        self.orders(self.selling_operator, "/lead")
        self.assertIn("/odoo/crm.lead/", self.channel().message_ids[0].body)

    def test_a_new_lead_in_the_inbox_too(self):
        self.account.agent_ids.filtered(
            lambda agent: agent.external_id == "302"
        ).user_id = self.olena
        self.connect()
        self.agent_writes("/lead red bicycle")
        self.assertIn("red bicycle", self.notes()[-1])
        self.assertNotIn("/odoo/", self.notes()[-1])

    def test_answer_in_discuss_is_for_who_is_in_it(self):
        self.add_operator(self.petro)
        chat = self.connect()

        def shown():
            return [
                user
                for user in (self.manager, self.olena, self.petro)
                if chat.with_user(user).is_in_discuss
            ]

        self.assertEqual(shown(), [self.olena])
        self.assertTrue(chat.with_user(self.olena).action_open_discuss())
        self.orders(self.olena, "/transfer Petro")
        self.assertEqual(shown(), [self.petro])
        arch = (
            self.env["helpcrunch.chat"]
            .with_user(self.olena)
            .get_view(view_type="form")["arch"]
        )
        button = arch[arch.index('name="action_open_discuss"') :].split("/>")[0]
        self.assertIn("not is_in_discuss", button)

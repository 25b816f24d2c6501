"""The example bot of the user's manual, offered on the empty list of bots."""

from odoo import api, models
from odoo.fields import Command


class HelpcrunchBot(models.Model):
    _inherit = "helpcrunch.bot"

    # === ACTIONS === #

    @api.model
    def action_create_example(self):
        """Make the manual's example bot and open it."""
        return self._create_example()._get_records_action(context={})

    # === THE EXAMPLE === #

    @api.model
    def _create_example(self):
        """Return the manual's example bot, made now with messenger, steps and texts.

        As every new bot, it serves nobody until it goes live.

        :rtype: helpcrunch.bot
        """
        language = self.env.lang or self.env.user.lang or "en_US"
        author = self.with_context(lang=language)
        account = self._find_example_account()
        bot = self.with_context(lang="en_US").create(
            {
                "name": author.env._("Client Chat"),
                "account_id": account.id,
                "language_id": self.env["res.lang"]._get_data(code=language).id,
                "fallback_message": self.with_context(
                    lang="en_US"
                )._example_fallback_message(),
            },
        )
        steps = bot._create_example_steps(author._example_steps())
        for code in bot._get_languages():
            bot._translate_example(steps, code)
        return bot.with_env(self.env)

    @api.model
    def _find_example_account(self):
        account = self.env["helpcrunch.account"]
        return account.search(
            [("company_id", "=", self.env.company.id)], limit=1
        ) or account.create({"name": "HelpCrunch"})

    def _find_example_queue(self):
        """Return a queue of the company, made now with the author if there is none."""
        queues = self.env["helpcrunch.operator.queue"]
        queue = queues.search([("company_id", "=", self.company_id.id)], limit=1)
        if queue:
            return queue
        author = self.env.user
        if author._is_superuser():
            author = self.env.ref("base.user_admin")
        mine = self.company_id in author.company_ids and author.has_group(
            "helpcrunch_chatbot.group_operator"
        )
        queue = queues.with_context(lang="en_US").create(
            {
                "name": self.with_context(lang="en_US").env._("Managers"),
                "company_id": self.company_id.id,
                "max_wait_minutes": 10,
                "end_minutes": 30,
                "operator_ids": [Command.create({"user_id": author.id})]
                if mine
                else [],
            },
        )
        for code in queue._get_languages():
            texts = queue.with_context(lang=code)
            texts.name = texts.env._("Managers")
            texts.write(texts.default_get(queue._get_text_fields()))
        return queue

    def _create_example_steps(self, drawings):
        """Make the steps, then draw the links between them.

        :param list drawings: the steps in the author's language, which is the language
            of their names; the texts are made in English here
        :return: the steps by code
        :rtype: dict
        """
        step = self.env["helpcrunch.step"].with_context(lang="en_US")
        english = self.with_context(lang="en_US")._example_steps()
        queue = self._find_example_queue()
        steps = {}
        for number, (drawing, texts) in enumerate(zip(drawings, english, strict=True)):
            steps[texts["code"]] = step.create(
                {
                    "bot_id": self.id,
                    "sequence": 10 * (number + 1),
                    "name": drawing["name"],
                    "answer_ids": [
                        Command.create({"name": name, "sequence": place})
                        for place, (name, _target) in enumerate(texts["answers"])
                    ],
                    "alias_ids": [
                        Command.create({"name": phrase}) for phrase in texts["aliases"]
                    ],
                    **{key: texts[key] for key in texts.keys() & step._fields.keys()}
                    | {
                        "name": drawing["name"],
                        "queue_id": texts["step_type"] == "forward_operator"
                        and queue.id,
                    },
                },
            )
        for texts in english:
            origin = steps[texts["code"]]
            origin.write(
                {name: steps[code].id for name, code in texts["links"].items()}
            )
            for answer, (_name, code) in zip(
                origin.answer_ids, texts["answers"], strict=True
            ):
                answer.target_step_id = steps[code]
        return steps

    def _translate_example(self, steps, lang):
        """Store the texts of the example in one more installed language."""
        bot = self.with_context(lang=lang)
        bot.fallback_message = bot._example_fallback_message()
        bot.write(bot.default_get(["opt_out_message", "opt_in_message"]))
        for drawing in bot._example_steps():
            step = steps[drawing["code"]].with_context(lang=lang)
            step.write(
                {
                    key: text
                    for key, text in drawing.items()
                    if getattr(step._fields.get(key), "translate", False)
                },
            )
            for answer, (name, _code) in zip(
                step.answer_ids, drawing["answers"], strict=True
            ):
                answer.name = name

    # === ITS TEXTS === #

    @api.model
    def _example_fallback_message(self):
        return self.env._(
            "Sorry, I did not understand that. Write: Leads, Orders or Deliveries."
        )

    @api.model
    def _example_steps(self):
        """Return the drawing, its texts in the language of the context.

        Each step has its ``code``, values of its fields, ``links`` (field -> code of
        the step it leads to), ``aliases`` (phrases) and ``answers`` (text and code of
        the target). Phrases are not translated: one line for each language.
        """
        common = {"links": {}, "aliases": (), "answers": ()}
        return [
            common | step
            for step in (
                *self._example_beginning(),
                *self._example_leads(),
                *self._example_orders(),
                *self._example_schedule(),
            )
        ]

    @api.model
    def _example_beginning(self):
        return [
            {
                "code": "welcome",
                "step_type": "text",
                "name": self.env._("Welcome"),
                "message": self.env._("Hello! I am a bot, here for you day and night."),
                "aliases": ("/start",),
                "links": {"next_step_id": "topic"},
            },
            {
                "code": "topic",
                "step_type": "free_input",
                "name": self.env._("What would you like to work with?"),
                "message": self.env._(
                    "What would you like to work with? Write: Leads, Orders or "
                    "Deliveries."
                ),
                "aliases": ("menu", "меню"),
            },
        ]

    @api.model
    def _example_leads(self):
        """Return the branch that asks who the customer is, unless Odoo knows it."""
        return [
            {
                "code": "leads",
                "step_type": "text",
                "name": self.env._("Leads"),
                "message": self.env._(
                    "Good to hear from you again. We will call {{ partner.phone }}."
                ),
                "partner_domain": "[('phone', '!=', False)]",
                "aliases": ("Leads", "Ліди"),
                "links": {"next_step_id": "lead", "fallback_step_id": "phone"},
            },
            {
                **self._example_question("phone", "name"),
                "name": self.env._("Phone number"),
                "message": self.env._("Which phone number may we call?"),
                "contact_button_label": self.env._("Share my number"),
                "done_message": self.env._("Thank you, I wrote it down."),
                "invalid_message": self.env._(
                    "That does not look like a phone number. Please write it with its "
                    "code, for example +380 44 123 45 67."
                ),
            },
            {
                **self._example_question("name", "email"),
                "name": self.env._("Your name"),
                "message": self.env._("What is your name?"),
            },
            {
                **self._example_question("email", "lead"),
                "name": self.env._("E-mail"),
                "message": self.env._(
                    "What is your e-mail address? Write “skip” if you would rather not "
                    "say."
                ),
                "skip_word": self.env._("skip"),
                "invalid_message": self.env._(
                    "That does not look like an e-mail address. Please write it again."
                ),
            },
            {
                "code": "lead",
                "step_type": "create_lead",
                "name": self.env._("Create a lead"),
                "message": self.env._("I am passing your request to a manager."),
                "lead_type": "lead"
                if self.env.user.has_group("crm.group_use_lead")
                else "opportunity",
                "links": {"next_step_id": "thanks"},
            },
            {
                "code": "thanks",
                "step_type": "text",
                "name": self.env._("Thank you"),
                "message": self.env._(
                    "Thank you! A manager will call you soon. Write “menu” to begin "
                    "again."
                ),
            },
        ]

    @api.model
    def _example_question(self, field_name, next_code):
        return {
            "code": field_name,
            "step_type": "update_contact",
            "field_id": self.env["ir.model.fields"]._get("res.partner", field_name).id,
            "merge_by_phone": field_name == "phone",
            "links": {"next_step_id": next_code},
        }

    @api.model
    def _example_orders(self):
        return [
            {
                "code": "orders",
                "step_type": "choice",
                "name": self.env._("Orders"),
                "message": self.env._("What about your order? Write the number."),
                "aliases": ("Orders", "Замовлення"),
                "answers": (
                    (self.env._("I want to order"), "leads"),
                    (self.env._("Where is my order?"), "order_number"),
                    (self.env._("Talk to a manager"), "manager"),
                    (self.env._("Back to the beginning"), "topic"),
                ),
            },
            {
                "code": "manager",
                "step_type": "forward_operator",
                "name": self.env._("A manager"),
                "message": self.env._("One moment, I am looking for a free manager."),
                "aliases": ("Manager", "Менеджер"),
                # Nobody there: the customer leaves a number instead.
                "links": {"next_step_id": "goodbye", "no_operator_step_id": "leads"},
            },
            {
                "code": "goodbye",
                "step_type": "text",
                "name": self.env._("Goodbye"),
                "message": self.env._("Thank you for writing to us!"),
            },
            {
                "code": "order_number",
                "step_type": "free_input",
                "name": self.env._("Order number"),
                "message": self.env._("Please write the number of your order."),
                "links": {"next_step_id": "order_found"},
            },
            {
                "code": "order_found",
                "step_type": "text",
                "name": self.env._("Order status"),
                "message": self.env._(
                    "Thank you! I am looking for order {{ answer }}; we will write to "
                    "you here."
                ),
            },
            {
                "code": "deliveries",
                "step_type": "text",
                "name": self.env._("Deliveries"),
                "message": self.env._(
                    "We deliver in one to three days and write to you when your parcel "
                    "is on its way."
                ),
                "aliases": ("Deliveries", "Доставки"),
                "links": {"next_step_id": "topic"},
            },
        ]

    @api.model
    def _example_schedule(self):
        return [
            {
                "code": "reminder",
                "step_type": "schedule",
                "name": self.env._("Morning reminder"),
                "message": self.env._(
                    "Good morning! Write to us if you want to order something today."
                ),
                # An example writes to nobody by itself.
                "schedule_state": "paused",
                "run_time": 9,
                "links": {"next_step_id": "orders"},
            },
        ]

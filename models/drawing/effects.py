"""What a turn of a trial would have changed, in words."""

from odoo.tools import format_list


class Effects:
    """Compares a dialogue's contact, leads and owner before and after a turn.

    :param chat: the dialogue, as the machine has it
    """

    def __init__(self, chat):
        self.chat = chat
        self.env = chat.env
        steps = chat.bot_id.with_context(active_test=False).step_ids
        # sudo: ir.model.fields - what the administrator chose, for names only
        self.fields = {field.name: field for field in steps.field_id.sudo()}
        self.calls = self.env["helpcrunch.outbox"]
        self.told = set()
        self.before = self._look()

    def note_calls(self, calls):
        """Remember what HelpCrunch is told beside texts."""
        self.calls |= calls.filtered(lambda call: call.kind != "message")

    def _look(self):
        self.chat.invalidate_recordset()
        chat, partner = self.chat, self.chat.partner_id
        partner.invalidate_recordset()
        return {
            "values": {name: partner._helpcrunch_tell(name) for name in self.fields},
            "tags": partner.category_id,
            "leads": self.env["crm.lead"]
            .with_context(active_test=False)
            .search([("helpcrunch_chat_id", "=", chat.id)]),
            "state": chat.state,
            "user": chat.user_id,
            "queue": chat.queue_id,
            "opt_out": chat.customer_id.opt_out,
            "look_ups": self.env["helpcrunch.duplicate"].search(
                [("chat_id", "=", chat.id)]
            ),
        }

    def tell(self, env):
        """Return what has changed since this was asked last.

        :param env: whose user reads it
        :rtype: list[str]
        """
        now, before = self._look(), self.before
        sentences = [
            *self._tell_contact(env, before, now),
            *self._tell_look_ups(env, now["look_ups"] - before["look_ups"]),
            *(self._tell_lead(env, lead) for lead in now["leads"] - before["leads"]),
            *self._tell_owner(env, before, now),
            *self._tell_flows(env),
            *self._tell_calls(env),
        ]
        self.before, self.calls = now, self.calls.browse()
        return sentences

    def _tell_contact(self, env, before, now):
        for name, field in self.fields.items():
            value = now["values"][name]
            if value != before["values"][name]:
                yield env._(
                    "Contact: %(field)s is now “%(value)s”.",
                    field=field.with_context(
                        lang=env.lang, hide_model=True
                    ).display_name,
                    value=value,
                )
        for tag in now["tags"] - before["tags"]:
            yield env._("The contact gets the tag “%(tag)s”.", tag=tag.display_name)
        for tag in before["tags"] - now["tags"]:
            yield env._("The contact loses the tag “%(tag)s”.", tag=tag.display_name)
        if now["opt_out"] and not before["opt_out"]:
            yield env._("The customer gets no more broadcasts.")
        elif before["opt_out"] and not now["opt_out"]:
            yield env._("The customer gets broadcasts again.")

    def _tell_look_ups(self, env, rows):
        for row in rows:
            pair = row.state == "queued" and row._find_pair()
            if not pair:
                continue
            older = pair[1].display_name
            if row._find_reason(*pair):
                yield env._(
                    "“%(name)s” may be the same contact; it would be listed under "
                    "Possible Duplicates.",
                    name=older,
                )
            else:
                yield env._(
                    "The contact would become a part of “%(name)s”.", name=older
                )

    def _tell_lead(self, env, lead):
        kind = (
            env._("An opportunity") if lead.type == "opportunity" else env._("A lead")
        )
        facts = [
            f"{label}: {value}"
            for label, value in (
                (env._("salesperson"), lead.user_id.name),
                (env._("team"), lead.team_id.name),
                (env._("tags"), format_list(env, lead.tag_ids.mapped("name"))),
                (env._("phone"), lead.phone),
                (env._("e-mail"), lead.email_from),
            )
            if value
        ]
        return env._(
            "%(kind)s is made: “%(name)s” (%(facts)s).",
            kind=kind,
            name=lead.name,
            facts="; ".join(facts) or "-",
        )

    def _tell_owner(self, env, before, now):
        if now["state"] == before["state"] and now["user"] == before["user"]:
            return
        if now["state"] == "queued":
            yield env._(
                "The customer waits in the queue “%(queue)s”.", queue=now["queue"].name
            )
        elif now["state"] == "operator":
            yield env._("“%(user)s” gets the dialogue.", user=now["user"].name or "")
        elif now["state"] == "done":
            yield env._("The dialogue ends.")

    def _tell_flows(self, env):
        """What flows of other addons have made, each once."""
        for sentence in self.chat._tell_effects(env):
            if sentence not in self.told:
                self.told.add(sentence)
                yield sentence

    def _tell_calls(self, env):
        for call in self.calls:
            if call.kind == "status":
                yield env._("The HelpCrunch chat is closed.")
            elif call.kind == "note":
                yield env._("A private note is written in HelpCrunch.")

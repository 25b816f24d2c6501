from odoo import api, models
from odoo.exceptions import AccessError

from odoo.addons.mail.tools.discuss import Store

from ...tools import marks
from ..messenger.reader import for_reader

# The worst of the parts of a message is what its writer must know.
_WORST_FIRST = ("failed", "cancelled", "outgoing", "sent")


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        """Make messages; in a dialogue only those that were posted there."""
        messages = super().create(vals_list)
        if self.env.context.get("helpcrunch_posted") is not marks.POSTED:
            messages._check_helpcrunch_change()
        return messages

    def write(self, vals):
        if vals.keys() & {"body", "attachment_ids", "model", "res_id", "author_id"}:
            self._check_helpcrunch_change()
        return super().write(vals)

    def unlink(self):
        self._check_helpcrunch_change()
        return super().unlink()

    def _check_helpcrunch_change(self):
        """Keep what was said in a dialogue as it was: the customer has it already."""
        if self.env.su:
            return
        own = self.filtered(lambda message: message.model == "discuss.channel")
        # sudo: discuss.channel - only of which type they are
        channels_sudo = self.env["discuss.channel"].sudo().browse(own.mapped("res_id"))
        if "helpcrunch" in channels_sudo.exists().mapped("channel_type"):
            raise AccessError(
                self.env._("The customer has this text already: it cannot be changed.")
            )

    def _to_store_defaults(self, target):
        deliveries = self._get_helpcrunch_deliveries()
        return super()._to_store_defaults(target) + [
            Store.Attr(
                "helpcrunch_delivery",
                lambda message: deliveries[message.id],
                predicate=lambda message: message.id in deliveries,
            ),
        ]

    def _get_helpcrunch_deliveries(self):
        """Return how messages fared on their way to customers, by their ids.

        :rtype: dict
        """
        own = self.filtered(lambda message: message.model == "discuss.channel")
        if not own:
            return {}
        # sudo: helpcrunch.message - whoever reads a message may know how it fared
        lines = (
            self.env["helpcrunch.message"]
            .sudo()
            .search_fetch(
                # A note goes to no customer.
                [("mail_message_id", "in", own.ids), ("is_note", "=", False)],
                ["mail_message_id", "state", "error"],
            )
        )
        deliveries = {
            message.id: {
                "state": min(parts.mapped("state"), key=_WORST_FIRST.index),
                "error": next(filter(None, parts.mapped("error")), False),
            }
            for message, parts in lines.grouped("mail_message_id").items()
        }
        for line_id, reason in lines._get_waiting_reasons().items():
            message = lines.browse(line_id).mail_message_id
            deliveries[message.id]["waits"] = reason
        return deliveries

    def _send_helpcrunch_delivery(self):
        """Tell the members of the channels how their messages fared."""
        for author, messages in self.grouped("author_id").items():
            # The writer's language and clock: who else reads it there is a colleague.
            user = author.main_user_id
            reader = for_reader(messages, user, self.env.lang)
            for message_id, delivery in reader._get_helpcrunch_deliveries().items():
                message = self.browse(message_id)
                channel = self.env["discuss.channel"].browse(message.res_id)
                Store(bus_channel=channel).add(
                    message, {"helpcrunch_delivery": delivery}
                ).bus_send()

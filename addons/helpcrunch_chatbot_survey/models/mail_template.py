from odoo import models

# In the context, under this key, while a turn finishes a participation. An object, so
# that nobody can say so from outside.
MAIL_LATER_KEY = "helpcrunch_mail_later"
MAIL_LATER = object()


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def send_mail(self, res_id, *args, **kwargs):
        """Let a certificate be printed after the turn that has earned it.

        Printing takes seconds and may fail; neither is to keep the customer from the
        closing text, or the participation from being done.
        """
        if self.env.context.get(MAIL_LATER_KEY) is not MAIL_LATER:
            return super().send_mail(res_id, *args, **kwargs)
        user_input = self.env["survey.user_input"].browse(res_id)
        user_input.helpcrunch_chat_id._store_own_event(
            "survey.certified", {"input": res_id}, key=f"certificate:{res_id}"
        )
        return False

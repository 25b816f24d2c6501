"""Records of Odoo's that start a step, saved by people without a role of the app."""

from odoo.fields import Command
from odoo.tests import new_test_user

from ..jobs import broadcasts
from .common_broadcasts import BroadcastCase


class NotificationCase(BroadcastCase):
    """A step "Sent" that a server action on leads starts.

    The action is Odoo's administrator's, the leads are a seller's without any role of
    the app.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env, "seller", "sales_team.group_sale_salesman_all_leads"
        )
        cls.sent = cls.step(
            "Sent", message='Order {{ record.name | "yours" }} has left.'
        )
        cls.action = cls.make_action()

    @classmethod
    def make_action(cls, model="crm.lead", tell=("name",), **vals):
        """Let the administrator make a server action that starts a step."""
        get_field = cls.env["ir.model.fields"]._get
        return (
            cls.env["ir.actions.server"]
            .with_user(cls.administrator)
            .create(
                {
                    "name": "Your order has left",
                    "model_id": cls.env["ir.model"]._get(model).id,
                    "state": "helpcrunch_step",
                    "helpcrunch_step_id": cls.sent.id,
                    "helpcrunch_field_ids": [
                        Command.link(get_field(model, name).id) for name in tell
                    ],
                    **vals,
                }
            )
        )

    def lead(self, customer=5001, **vals):
        """Let the seller make a lead for a customer."""
        partner = self.partner(customer) if customer else self.env["res.partner"]
        return (
            self.env["crm.lead"]
            .with_user(self.seller)
            .create(
                {
                    "name": f"A-{customer}",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    **vals,
                }
            )
        )

    def commit(self):
        """End a transaction: what one begins by an action is one run."""
        self.env.flush_all()
        self.env.cr.postcommit.data.clear()

    def run_on(self, records, action=None, user=None):
        """Run an action on records, as the menu of a list does; return its answer."""
        self.commit()
        return (
            (action or self.action)
            .with_user(user or self.seller)
            .with_context(
                active_model=records._name,
                active_ids=records.ids,
                active_id=records[:1].id,
            )
            .run()
        )

    def start(self):
        """Begin what was noted, as the pool does after the commit."""
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            broadcasts.start_runs(self.env.cr.dbname)
            self.work()
            self.take_own_events()
        self.env.invalidate_all()

    def notify(self, records, **kwargs):
        """Run the action on records and send all of it; return the run."""
        self.run_on(records, **kwargs)
        return self.send_noted(records)

    def send_noted(self, records):
        self.start()
        run = self.recipients(records)[-1:].broadcast_id
        self.send_rest(run)
        self.look()
        return run

    def recipients(self, records):
        return self.as_manager("helpcrunch.broadcast.recipient").search(
            [
                ("res_id", "in", records.ids),
                ("broadcast_id.record_model", "=", records._name),
            ]
        )

    def reasons(self, records):
        """Return what became of each record's message, in order."""
        return [row.reason or row.state for row in self.recipients(records)]

    def notes(self, record):
        """Return what stands on a record about its messages, oldest first."""
        bodies = map(
            str, self.by_machine(record).message_ids.sorted("id").mapped("body")
        )
        return [body for body in bodies if "HelpCrunch" in body]

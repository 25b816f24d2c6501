"""One test for each row of chapter 8 of the user's manual, the schedule."""

from odoo.tests import Form, freeze_time, tagged

from ..common_broadcasts import BroadcastCase


@tagged("post_install", "-at_install")
class TestManualSchedule(BroadcastCase):
    zone = "Europe/Kyiv"

    def draw(self, **vals):
        """Draw the manual's reminder on the form, as an administrator does."""
        form = Form(
            self.env["helpcrunch.step"].with_context(default_bot_id=self.bot.id),
            view="helpcrunch_chatbot.helpcrunch_step_view_form",
        )
        form.name = "Нагадування"
        form.step_type = "schedule"
        form.message = "Перевірте список нових запитів"
        for name, value in vals.items():
            setattr(form, name, value)
        return form.save()

    def run_at(self, moment):
        with freeze_time(moment):
            self.run_cron()

    def test_manual_8_all_participants_of_the_bot_get_the_message(self):
        customers = self.customers(3)
        self.draw(next_run="2026-12-01 07:00:00")
        self.run_at("2026-12-01 07:00:00")
        for customer in customers:
            self.assertEqual(self.heard(customer)[-1], "Перевірте список нових запитів")

    def test_manual_8_interval(self):
        step = self.draw(
            next_run="2026-12-01 07:00:00", interval_number=2, interval_type="weeks"
        )
        self.run_at("2026-12-01 07:00:00")
        self.assertEqual(str(step.next_run), "2026-12-15 07:00:00")

    def test_manual_8_time_of_the_run(self):
        step = self.draw(run_time=18.5, next_run="2026-12-01 16:30:00")
        self.run_at("2026-12-01 16:30:00")
        self.assertEqual(str(step.next_run), "2026-12-02 16:30:00")

    def test_manual_8_last_run_of_the_step(self):
        step = self.draw(next_run="2026-12-01 07:00:00", last_run="2026-12-02 07:00:00")
        for day in (1, 2, 3):
            self.run_at(f"2026-12-0{day} 07:00:00")
        self.assertEqual((len(step.broadcast_ids), step.state), (2, "finished"))

    def test_manual_8_next_run_is_the_first_one(self):
        step = self.draw(next_run="2026-12-05 07:00:00")
        self.run_at("2026-12-04 07:00:00")
        self.assertFalse(step.broadcast_ids)
        self.run_at("2026-12-05 07:00:00")
        self.assertEqual(str(step.broadcast_ids.planned_at), "2026-12-05 07:00:00")

    def test_manual_8_go_to_step(self):
        orders = self.step("Замовлення", "free_input", message="Номер замовлення?")
        self.customers(1)
        self.draw(next_run="2026-12-01 07:00:00", next_step_id=orders)
        for _minute in range(2):
            self.run_at("2026-12-01 07:00:00")
        self.assertEqual(self.heard(5001)[-1], "Номер замовлення?")
        self.assertEqual(self.chat().step_id, orders)

    def test_manual_8_standard_flow_is_the_default(self):
        self.assertEqual(self.draw().flow, "default")

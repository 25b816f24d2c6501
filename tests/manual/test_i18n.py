import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

from ..common import HelpcrunchCase, add_ukrainian

_ROOT = Path(__file__).resolve().parent.parent.parent
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\{.*?\}\}")

# The manual's labels (manual-uk.txt), by the field that bears them.
MANUAL_LABELS = {
    "step_type": "Тип кроку",
    "bot_id": "Діалог",
    "next_step_id": "Перейти до кроку",
    "partner_domain": "Показати лише партнеру з",
    "fallback_step_id": "Якщо не підходить для переспрямування домену",
    "message": "Текст",
    "flow": "Виберіть стандартний потік",
    "alias_ids": "Псевдоніми",
    "media_ids": "Мультимедіа",
    "answer_ids": "Відповіді",
    "field_id": "Оновити контактні поля",
    "add_category_ids": "Додати тег контакту",
    "remove_category_ids": "Видалити тег контакту",
    "done_message": "Повідомлення після оновлення контактної інформації",
    "merge_by_phone": "Об'єднати за номером телефону",
    "contact_button_label": "Назва кнопки відправки контакту",
    "queue_id": "Оператори бота",
    "no_operator_step_id": "Якщо недоступний оператор, перейдіть на крок",
    "lead_user_id": "Продавець",
    "lead_team_id": "Канал продажу",
    "lead_type": "Тип CRM",
    "lead_tag_ids": "Теги",
    "interval_number": "Інтервал запуску",
    "run_time": "Час запуску",
    "last_run": "Останній запуск кроку",
    "next_run": "Наступний запуск",
}
MANUAL_TYPES = {
    "text": "Текст",
    "free_input": "Вільне введення",
    "update_contact": "Оновити контактну інформацію",
    "forward_operator": "Направляємо до оператора",
    "create_lead": "Створити лід",
    "schedule": "Розклад",
    "choice": "Крок з варіантами",
}
# The manual's labels of the consulting chat.
MANUAL_QUEUE_LABELS = {
    "max_wait_minutes": "Максимальний час очікування (хвилини)",
    "max_wait_message": "Повідомлення після максимального часу очікування",
    "end_minutes": "Час завершення діалогу (хвилини)",
}
MANUAL_SESSION_STATES = {"active": "Активний", "done": "Завершений"}


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_every_term_is_translated(self):
        po = polib.pofile(str(_ROOT / "i18n" / "uk.po"))
        known = {entry.msgid: entry for entry in po}
        reader = TranslationModuleReader(self.env.cr, modules=["helpcrunch_chatbot"])
        sources = {row[4] for row in reader}
        self.assertGreater(len(sources), 400)
        missing = sorted(
            source
            for source in sources
            if source not in known or not known[source].msgstr
        )
        self.assertFalse(missing, "no Ukrainian in i18n/uk.po: run bin/i18n")

    def test_placeholders_agree(self):
        for entry in polib.pofile(str(_ROOT / "i18n" / "uk.po")):
            self.assertEqual(
                sorted(_PLACEHOLDER.findall(entry.msgid)),
                sorted(_PLACEHOLDER.findall(entry.msgstr)),
                entry.msgid,
            )
            self.assertFalse(entry.fuzzy, entry.msgid)


@tagged("post_install", "-at_install")
class TestUkrainian(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_ukrainian(cls.env)

    def test_labels_are_the_manuals(self):
        steps = self.env["helpcrunch.step"].with_context(lang="uk_UA")
        labels = {
            name: values["string"]
            for name, values in steps.fields_get(list(MANUAL_LABELS)).items()
        }
        self.assertEqual(labels, MANUAL_LABELS)
        types = dict(steps.fields_get(["step_type"])["step_type"]["selection"])
        self.assertEqual(types, {**types, **MANUAL_TYPES})
        queues = self.env["helpcrunch.operator.queue"].with_context(lang="uk_UA")
        labels = {
            name: values["string"]
            for name, values in queues.fields_get(list(MANUAL_QUEUE_LABELS)).items()
        }
        self.assertEqual(labels, MANUAL_QUEUE_LABELS)
        sessions = self.env["helpcrunch.operator.session"].with_context(lang="uk_UA")
        states = sessions.fields_get(["state"])["state"]["selection"]
        self.assertEqual(dict(states), MANUAL_SESSION_STATES)
        flows = dict(steps.fields_get(["flow"])["flow"]["selection"])
        self.assertEqual(flows["default"], "По замовчуванню")

    def test_the_example_speaks_both_languages(self):
        self.bot.active = False
        bot = self.env["helpcrunch.bot"].with_context(lang="uk_UA")._create_example()
        bot.with_user(self.manager).action_go_live()
        self.assertFalse(bot.warning)
        said = self.says("Вітаю", locale="uk", name="Олена")
        self.assertIn("З чим ви бажаєте працювати?", said[-1])
        self.assertTrue(self.says("ліди ")[0].startswith("На який номер"))
        english = self.says("Hello", customer=5002, locale="en", name="Taras")
        self.assertIn("What would you like to work with?", english[-1])

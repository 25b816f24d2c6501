"""The demo's survey: how a shop's customers were served, asked by its bot."""

# What customers of the shop are asked: the word that leads there, and the questions.
SURVEY_WORD = "Опитування"
SURVEY_LINE = "Оцінити крамницю"
SURVEY = {
    "title": "Як вам у нас?",
    "description": "<p>Шість коротких питань, дві хвилини.</p>",
    "description_done": "<p>Дякуємо! Ваші відповіді допоможуть нам стати кращими.</p>",
    "lang_ids": [(5,)],
}
SURVEY_QUESTIONS = [
    {
        "title": "Як ви оцінюєте нашу крамницю?",
        "question_type": "scale",
        "scale_min": 1,
        "scale_max": 10,
        "scale_min_label": "погано",
        "scale_max_label": "чудово",
        "constr_mandatory": True,
    },
    {
        "title": "Що вам сподобалося?",
        "question_type": "multiple_choice",
        "answers": ["Ціни", "Вибір товарів", "Доставка", "Обслуговування"],
        "comments_allowed": True,
        "comment_count_as_answer": True,
        "comments_message": "Щось інше",
    },
    {
        "title": "Як пройшло останнє замовлення?",
        "question_type": "matrix",
        "answers": ["Добре", "Так собі", "Погано"],
        "rows": ["Доставка", "Упаковка", "Розмова з оператором"],
    },
    {
        "title": "Чи порадите нас друзям?",
        "question_type": "simple_choice",
        "answers": ["Так", "Ні"],
        "constr_mandatory": True,
    },
    {
        "title": "Що нам варто змінити?",
        "question_type": "text_box",
        "after": "Ні",
    },
    {
        "title": "Коли ви купували в нас востаннє?",
        "question_type": "date",
    },
]


def make_survey(administrator):
    """Let somebody with the right for it make the shop's survey; return its id."""
    survey = administrator.create("survey.survey", SURVEY, lang="uk_UA")
    answers = {}
    for number, drawing in enumerate(SURVEY_QUESTIONS):
        vals = {"survey_id": survey, "sequence": number, **drawing}
        labels = [(0, 0, {"value": text}) for text in vals.pop("answers", ())]
        rows = [(0, 0, {"value": text}) for text in vals.pop("rows", ())]
        if after := vals.pop("after", None):
            vals["triggering_answer_ids"] = [(6, 0, [answers[after]])]
        question = administrator.create(
            "survey.question",
            {**vals, "suggested_answer_ids": labels, "matrix_row_ids": rows},
            lang="uk_UA",
        )
        for answer in administrator.search(
            "survey.question.answer", [("question_id", "=", question)]
        ):
            label = administrator.read("survey.question.answer", answer, "value")
            answers[label] = answer
    return survey


def add_survey(administrator, manager, bot_id):
    """Let the bot ask the shop's survey, if the addon for it is there."""
    addon = [("name", "=", "helpcrunch_chatbot_survey"), ("state", "=", "installed")]
    drawn = [("bot_id", "=", bot_id), ("code", "=", "survey")]
    if not administrator.search("ir.module.module", addon) or manager.search(
        "helpcrunch.step", drawn, active_test=False
    ):
        return
    step = manager.create(
        "helpcrunch.step",
        {
            "bot_id": bot_id,
            "name": SURVEY_WORD,
            "code": "survey",
            "sequence": 1000,
            "step_type": "text",
            "message": "Допоможіть нам стати кращими.",
            "flow": "survey",
            "survey_id": make_survey(administrator),
            "alias_ids": [(0, 0, {"name": SURVEY_WORD}), (0, 0, {"name": "/survey"})],
        },
        lang="uk_UA",
    )
    # Last of the menu, so that the numbers of the other lines stay.
    line = {"name": SURVEY_LINE, "sequence": 1000, "target_step_id": step}
    for menu in manager.search(
        "helpcrunch.step", [("bot_id", "=", bot_id), ("code", "=", "menu")]
    ):
        manager.write("helpcrunch.step", menu, {"answer_ids": [(0, 0, line)]})

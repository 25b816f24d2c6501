from . import (
    helpcrunch_chat,
    helpcrunch_step,
    mail_template,
    survey_question,
    survey_survey,
    survey_user_input,
)

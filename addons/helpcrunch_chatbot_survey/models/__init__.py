from . import (
    helpcrunch_chat,
    helpcrunch_step,
    survey_question,
    survey_survey,
    survey_user_input,
)

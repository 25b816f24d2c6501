from . import (
    test_survey_answers,
    test_survey_contract,
    test_survey_flow,
    test_survey_login,
    test_survey_people,
    test_survey_questions,
    test_survey_threads,
)

{
    "name": "HelpCrunch Chatbot: Surveys",
    "summary": "Ask the questions of a survey in a HelpCrunch chat, one at a time",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "HelpCrunch Chatbot maintainers",
    "license": "LGPL-3",
    "description": " ",
    "depends": ["helpcrunch_chatbot", "survey"],
    "data": [
        "security/helpcrunch_chatbot_survey_security.xml",
        "security/ir.model.access.csv",
        "views/helpcrunch_step_views.xml",
        "views/helpcrunch_chat_views.xml",
        "views/survey_user_input_views.xml",
    ],
    "auto_install": True,
}

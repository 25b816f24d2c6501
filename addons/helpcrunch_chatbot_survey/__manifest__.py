{
    "name": "HelpCrunch Chatbot: Surveys",
    "summary": "Ask the questions of a survey in a HelpCrunch chat",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "HelpCrunch Chatbot maintainers",
    "license": "LGPL-3",
    "description": " ",
    "depends": ["helpcrunch_chatbot", "survey"],
    "auto_install": True,
}

from . import helpcrunch_chatbot

from . import discuss, helpcrunch_chatbot

"""A stand-in for HelpCrunch: REST API v1, webhooks and a page for customers.

Facts about HelpCrunch come from the team's API document; comments here name its
sections ("section 2.1") and its source keys ("D-msg-create").
"""

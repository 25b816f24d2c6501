"""Tests of the stand-in: python -m unittest discover -s dev/helpcrunch/tests -t dev."""

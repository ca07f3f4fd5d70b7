"""Classifier heads on an encoder's hidden states, and how they are trained."""

"""Encoder x task x weights x seed -> scores: hidden states, classifier heads, metrics, and the grid that runs
them.
"""

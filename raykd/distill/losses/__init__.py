"""Losses over packed positions: what trains, and the plain versions that it is held equal to."""

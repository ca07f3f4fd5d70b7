"""Training under Ray Train, and the sweep over it under Ray Tune."""

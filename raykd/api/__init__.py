"""What notebooks work with: an experiment, its encoders and classifiers as objects (docs/api.md)."""

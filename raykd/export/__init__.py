"""Encoders for use elsewhere: one ONNX graph with all heads, int8 that is checked on real text, cards, the hub."""

"""All of Ray that is used and is none of its public interface.

tests/test_ray_internals.py says of each what breaks when Ray moves it; nothing else in raykd may import what Ray keeps
to itself (tests/test_architecture.py).
"""

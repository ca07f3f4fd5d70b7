"""What else is measured of an encoder: the time of its forward pass, and where it puts the senses of homonyms."""

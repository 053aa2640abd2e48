"""A linear head over an encoder's vectors that tells what is unsafe."""

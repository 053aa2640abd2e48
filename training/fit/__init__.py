"""Training two towers: what learns, the batches, the trainer, and what comes out of it."""

"""A made-up shop closes the loop: what people click becomes a better model, week after week."""

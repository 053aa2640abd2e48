"""From a model in PyTorch to a bundle that the service serves."""

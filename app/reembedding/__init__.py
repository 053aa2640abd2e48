"""New vectors of another encoder for a collection that goes on answering."""

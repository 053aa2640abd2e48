"""The vector store: collections of named vectors with payload, on Qdrant's engines."""

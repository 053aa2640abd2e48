"""From a catalog to a collection: sources, decoding, encoding, writing."""

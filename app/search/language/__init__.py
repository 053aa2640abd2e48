"""The one box: a small grammar over the fields of a collection; see docs/search.md, "The box"."""

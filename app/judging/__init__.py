"""Judgments: what people think of results, item by item and ranking against ranking."""

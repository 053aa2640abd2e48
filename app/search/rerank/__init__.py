"""Re-ranking: candidates in retrieval's order -> a better one, within a budget of time."""

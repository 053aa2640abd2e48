"""Presentation: candidates in their final order -> one page of them."""

"""API keys: what they are, where they are kept, and who may do what with one."""

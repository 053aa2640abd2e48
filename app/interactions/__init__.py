"""What people do with answers: who asks, ids of queries, taking events in, recording them."""

"""A small server that speaks the part of Qdrant's protocols that Binocle uses, on a live port.

Behind it is the local mode of qdrant-client, so it answers as far as that mode does. What it is
for is the wire: requests, statuses, keys, slow and broken answers.
"""

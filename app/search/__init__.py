"""The search pipeline: compose, retrieve, present, each leaving its part of the explanation."""

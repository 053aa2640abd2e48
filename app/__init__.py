"""The service: search pipeline, HTTP API, web page, command line, wiring."""

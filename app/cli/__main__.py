"""`python -m app.cli` is `binocle`."""

from app.cli.main import main

main()

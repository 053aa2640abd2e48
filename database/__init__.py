"""The one SQL database: where it is, its engine, and the history of its tables.

Who keeps something in it (keys, ledgers, events, experiments) declares its tables on
`database.tables.METADATA` and adds a migration; this package knows none of them by name.
"""

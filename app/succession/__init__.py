"""The next generation of a collection, built aside while a service answers from the present one."""

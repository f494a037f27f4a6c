"""The sandbox behind the interfaces of other tools.

Each module has the names and signatures that users of one tool know. Import the one that you need, such as
`hyperspace.adapters.openevolve`; a tool is imported only when an adapter is used that cannot do without it.
"""

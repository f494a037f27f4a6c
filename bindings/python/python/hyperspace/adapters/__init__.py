"""The sandbox behind the interfaces of other tools.

Each module has the names and signatures that users of one tool know. Import the one that you need, such as
`hyperspace.adapters.openevolve`; the tool itself is imported only when an adapter that needs it is used.
"""

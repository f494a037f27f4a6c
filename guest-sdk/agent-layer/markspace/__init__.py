"""A stand-in for the package that the original experiments build on; of it, agents use `markspace.llm`."""

"""The names that graders of CORAL import."""

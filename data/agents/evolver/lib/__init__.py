"""Reading the situation, building the prompt and applying the answer of a language model."""

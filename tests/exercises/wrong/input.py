"""Wrong answers to the exercises of notebook 01, and what is said to each."""

WRONG: dict[str, dict[str, str]] = {}

"""Real stars, and how LAMOST would have seen them."""

"""LAMOST's archive: what to ask it for, asking politely, and keeping what it answers."""

"""Thousands of objectives on one real API server: GoServiceSLO, Sloth and Pyrra, one after the other."""

"""Objectives written for other tools, as GoServiceSLOs."""

"""Packages with Python nodes: from their classes to source that travels, and from that source to classes again."""

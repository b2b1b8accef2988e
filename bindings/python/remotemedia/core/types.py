"""Names that nodes of the earlier package import."""

#: Marks the end of a stream in queues that nodes make themselves.
_SENTINEL = object()

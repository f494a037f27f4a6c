"""The genetic programmer's parts; the whole folder belongs to the evolving tree and may be edited by descendants."""

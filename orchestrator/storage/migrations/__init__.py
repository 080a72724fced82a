"""Revision 0001, in parts by room."""

"""Tests mirror the packages; architecture/, packaging/, docs/, recordings/ and end_to_end/ stand beside."""

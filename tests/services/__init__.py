"""Tests of the local services: the real clients against them, over loopback."""

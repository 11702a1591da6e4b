"""Tests of the stand-ins, each through its own process, with real services, real git and the real clients."""

"""castoff's own tests."""

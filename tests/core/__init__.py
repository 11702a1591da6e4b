"""Tests of the pure floor: values and text in, values and text out."""

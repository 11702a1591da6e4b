"""castoff: releases of Python packages that you can rehearse."""

__version__ = "0.1.0"

"""The tasks of this project: `invoke --list` names them, `make help` the targets over them."""

from castoff.tasks import namespace as namespace

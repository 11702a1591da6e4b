"""The tasks of this project; `invoke --list` names them."""

from castoff import tasks

namespace = tasks.namespace

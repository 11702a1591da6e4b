"""One thin, typed door for each thing outside: processes, git, files, archives, the environment, the console."""

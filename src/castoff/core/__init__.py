"""Pure rules: values and text in, values and text out; no process, network, file, clock or print."""

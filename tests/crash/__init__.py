"""A harness that ends castoff at every point where something outside of it changes, one by one."""

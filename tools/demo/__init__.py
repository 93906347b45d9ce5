"""What `make demo` and its companions run, and what the end-to-end tests build on."""

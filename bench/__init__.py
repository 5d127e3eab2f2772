"""What rsplab costs: CPU, memory and start-up time, each beside its limit. Run with `make bench`."""

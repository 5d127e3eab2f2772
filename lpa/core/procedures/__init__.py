"""What a user does with an agent, one module each; every procedure is a generator for `lpa.drive`."""

"""`python -m lab` is `rsplab`."""

from lab.cli import main

main()

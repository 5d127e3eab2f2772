"""Deliberately broken servers, cards and LPAs: does the catalogue condemn them? `make mutants`.

Every mutant is one product decision changed, as data. A mutant that no scenario condemns is a scenario that is missing,
or a decision that nobody outside can see.
"""
